// The grammar of the loop IR as a program: buffers exist and are used for what they are, accesses stay inside for every
// index, bodies are in order and well typed, no two indices of a nest write one element, temporaries are written before
// they are read. Runs after each pass in tests and in debug mode.

import { holds } from "../core/dtype.js";
import { sameShape, sizeOf } from "../core/shape.js";
import { accessesOf, sameAccess } from "./access.js";
import { placesIn, rowStride } from "./rows.js";
import { checkStructured } from "./checkStructured.js";
import { targetSpace } from "./finished.js";
import { type Axes, Grammar, isInjective } from "./grammar.js";
import { type Access, type BufferId, type HostStep, type LoopProgram, type Nest, type Node, type Step, readsOf, writesOf } from "./ir.js";
import { type Branch, type Finished, type Loop, type Rows, type Sliding, targetOf } from "./ir.js";
import { reduces, resultOf } from "./types.js";

/**
 * The program, if it keeps the grammar.
 *
 * @throws JaxprError that names the step and what is wrong with it.
 */
export function checkLoops(program: LoopProgram): LoopProgram {
  new Checker(program).check();
  return program;
}

class Checker extends Grammar {
  /** Buffers that hold elements at this point. */
  #written = new Set<BufferId>();
  /** Moving buffers that steps may write at this point. */
  readonly #results = new Set<BufferId>();

  check(): void {
    this.#steps(this.program.steps, "");
    this.where = "program";
    this.program.buffers.forEach(({ role, size }, b) => {
      if (role === "output" && size > 0) this.must(this.#written.has(b), "every output to be written", `none in %${b}`);
    });
  }

  #steps(steps: readonly Step[], path: string): void {
    steps.forEach((step, i) => {
      this.where = `${path}step ${i} (${step.kind === "host" ? step.equation.primitive.name : step.kind})`;
      this.#step(step);
    });
  }

  #step(step: Step): void {
    if (step.kind === "loop") return this.#loop(step);
    if (step.kind === "branch") return this.#branch(step);
    this.#uses(step);
    if (step.kind === "nest") this.#nest(step);
    else if (step.kind === "finished") this.#finished(step);
    else if (step.kind === "rows") this.#rows(step);
    else if (step.kind === "host") this.#host(step);
    else checkStructured(this, step);
    for (const b of writesOf(step)) this.#written.add(b);
  }

  #readable(step: Step, b: BufferId): void {
    const { role, size } = this.buffer(b);
    const given = role === "argument" || role === "constant";
    this.must(
      given || size === 0 || this.#written.has(b) || isEmpty(step) || isUnread(step, b),
      "a buffer written before it is read",
      `%${b}`,
    );
  }

  #uses(step: Step): void {
    for (const b of readsOf(step)) this.#readable(step, b);
    const read = new Set(readsOf(step));
    for (const b of writesOf(step)) {
      const { role } = this.buffer(b);
      this.must(
        role === "temporary" || role === "output" || this.#results.has(b),
        "stores into temporaries and outputs",
        `one into the ${role} %${b}`,
      );
      // Updates fold into what is there.
      this.must(!read.has(b) || step.kind === "scatter" || isEmpty(step), "a step that does not read what it writes", `%${b} both ways`);
    }
  }

  #loop(loop: Loop): void {
    const path = `${this.where}, `;
    const { turns, condition, carries, slices, stacks, body } = loop;
    this.must(turns >= 1 && (Number.isInteger(turns) || condition !== undefined), "1 turn or more, or a condition", `${turns} turns`);
    for (const { initial, entry, exit, final, spare } of carries) {
      this.#readable(loop, initial.buffer);
      const { dtype, size } = this.buffer(entry);
      this.row(initial, size, dtype);
      for (const b of [exit, final, spare]) {
        const same = this.buffer(b).dtype === dtype && this.buffer(b).size === size;
        this.must(same, `a carry of ${dtype}[${size}] throughout`, `%${b} of ${this.buffer(b).dtype}[${this.buffer(b).size}]`);
      }
      this.must(
        new Set([initial.buffer, final, spare]).size === (entry === exit ? 2 : 3) && initial.buffer !== final,
        "places of their own for a carry's values",
        `%${final} twice`,
      );
      this.#moving(entry);
      this.#moving(exit);
    }
    for (const slice of slices) this.#readable(loop, slice.of);
    for (const sliding of [...slices, ...stacks]) this.#sliding(sliding, condition === undefined ? turns : 1);
    for (const { row, stride } of stacks) {
      this.must(turns === 1 || Math.abs(stride) >= this.buffer(row).size, "rows that lie apart", `%${row} every ${stride} elements`);
    }
    const outside = this.#written;
    const given = [...carries.map(({ entry }) => entry), ...slices.map(({ row }) => row)];
    this.#written = new Set([...outside, ...given]);
    if (condition !== undefined) {
      this.#steps(condition.steps, path);
      this.#readable(loop, condition.holds.buffer);
      this.row(condition.holds, 1, "bool");
    }
    const results = [...carries.map(({ exit }) => exit), ...stacks.map(({ row }) => row)];
    for (const b of results) this.#results.add(b);
    this.#steps(body, path);
    this.where = path;
    for (const b of results) {
      this.must(this.#written.has(b) || this.buffer(b).size === 0, "every result of a turn to be written", `none in %${b}`);
      this.#results.delete(b);
    }
    this.#written = new Set([...outside, ...carries.map(({ final }) => final), ...stacks.map(({ of }) => of)]);
  }

  #moving(b: BufferId): void {
    this.must(this.buffer(b).role === "moving", "a moving buffer", `%${b}, a ${this.buffer(b).role}`);
  }

  #sliding({ row, of, first, stride }: Sliding, turns: number): void {
    this.#moving(row);
    const { dtype, size } = this.buffer(row);
    this.must(this.buffer(of).dtype === dtype, `parts of ${dtype}, as %${of} holds`, dtype);
    this.inside(of, first, [
      [turns, stride],
      [size, 1],
    ]);
  }

  #branch(step: Branch): void {
    const { index, branches } = step;
    const path = `${this.where}, `;
    this.must(branches.length > 0, "a branch or more", "none");
    this.#readable(step, index.buffer);
    this.row(index, 1, "int32");
    const outside = this.#written;
    const written = branches.map((steps, i) => {
      this.#written = new Set(outside);
      this.#steps(steps, `${path}case ${i}, `);
      return this.#written;
    });
    this.#written = new Set([...written[0]].filter((b) => written.every((set) => set.has(b))));
  }

  #access({ buffer, offset, strides }: Access, sizes: readonly number[]): Axes {
    this.must(strides.length === sizes.length, `${sizes.length} strides`, `${strides.length}`);
    const axes = sizes.map((n, k) => [n, strides[k]] as const);
    this.inside(buffer, offset, axes);
    return axes;
  }

  #nest(nest: Nest): void {
    nest.nodes.forEach((node, i) => this.#node(nest, node, i));
    let reduced: string | undefined;
    for (const { node, access, reduction } of nest.stores) {
      const stored = nest.nodes[node];
      this.must(stored !== undefined, `a store of one of ${nest.nodes.length} nodes`, `node ${node}`);
      const { dtype } = this.buffer(access.buffer);
      this.must(dtype === stored.dtype, `a store of ${dtype}, as %${access.buffer} holds`, stored.dtype);
      const axes = this.#access(access, nest.sizes);
      const repeated = axes.flatMap(([n, stride], k) => (n > 1 && stride === 0 ? [k] : []));
      if (reduction === undefined)
        this.must(isInjective(axes), "a store into an element for each index", `strides ${access.strides.join()}`);
      else {
        this.must(reduces(reduction, dtype), `a dtype that has a ${reduction}`, dtype);
        this.must(
          isInjective(axes.filter((_, k) => !repeated.includes(k))),
          "elements apart for indices that are not combined",
          `strides ${access.strides.join()}`,
        );
        this.must(reduced === undefined || reduced === repeated.join(), `reductions over axes ${reduced}`, `one over ${repeated.join()}`);
        reduced = repeated.join();
        this.must(
          nest.stores.filter((s) => s.access.buffer === access.buffer).length === 1,
          "one store into a reduction's buffer",
          "several",
        );
      }
    }
  }

  #finished({ product, finish }: Finished): void {
    checkStructured(this, product);
    const space = targetSpace(product);
    const own = space !== undefined && sameShape(space.sizes, finish.sizes);
    this.must(own, `a nest over ${space?.sizes.join() ?? "places that follow each other"}`, finish.sizes.join());
    this.#nest(finish);
    const written = new Set(writesOf(finish));
    for (const access of accessesOf(finish)) {
      const atTarget = access.buffer !== targetOf(product) || (space !== undefined && sameAccess(access, space.access));
      this.must(atTarget, "a product's results at their own index", `strides ${access.strides.join()}`);
    }
    for (const b of readsOf(finish)) {
      this.must(b === targetOf(product) || !written.has(b), "a nest that does not read what it writes", `%${b} both ways`);
    }
    this.must(
      finish.stores.every((s) => s.reduction === undefined),
      "no reductions of a product's results",
      "one",
    );
  }

  #rows({ rows, block, nests, own }: Rows): void {
    this.must(Number.isInteger(block) && block >= 1, "blocks of 1 row or more", String(block));
    const written = new Map<BufferId, number>();
    nests.forEach((nest, i) => {
      this.must(nest.sizes[0] === rows, `nests over ${rows} rows`, nest.sizes.join());
      for (const b of readsOf(nest))
        this.must(written.has(b) || !nests.some((n) => writesOf(n).includes(b)), "results read after", `%${b}`);
      this.#nest(nest);
      for (const b of writesOf(nest)) {
        this.must((written.get(b) ?? i) === i, "each buffer written by one nest", `%${b} by two`);
        written.set(b, i);
      }
    });
    const readOrOwn = new Set([...nests.flatMap(readsOf), ...own.map(({ buffer }) => buffer)]);
    for (const b of written.keys()) {
      if (!readOrOwn.has(b)) continue;
      const stride = rowStride(placesIn(nests, b));
      this.must(stride !== undefined, "rows that are apart", `those of %${b}`);
      const alone = own.find(({ buffer }) => buffer === b);
      this.must(alone === undefined || alone.stride === stride, `${stride} elements from row to row`, `${alone?.stride}`);
    }
    for (const { buffer } of own) this.must(this.buffer(buffer).role === "temporary", "temporaries for a block alone", `%${buffer}`);
  }

  #node({ nodes, sizes }: Nest, node: Node, i: number): void {
    switch (node.kind) {
      case "load": {
        const { dtype } = this.buffer(node.access.buffer);
        this.must(dtype === node.dtype, `a load of ${dtype}, as %${node.access.buffer} holds`, node.dtype);
        this.#access(node.access, sizes);
        return;
      }
      case "constant":
        return this.must(holds(node.dtype, node.value), `a constant of ${node.dtype}`, String(node.value));
      case "index":
        this.must(node.axis >= 0 && node.axis < sizes.length, `one of ${sizes.length} axes`, `axis ${node.axis}`);
        return this.must(node.dtype !== "bool", "an index as a number", "bool");
      case "apply": {
        const { op, args, dtype } = node;
        this.must(
          args.every((a) => a >= 0 && a < i),
          `operands of node ${i} among the earlier ones`,
          args.join(),
        );
        const result = resultOf(
          op,
          args.map((a) => nodes[a].dtype),
          dtype,
        );
        if (typeof result === "string") return this.must(result === dtype, `${op} to give ${result}`, dtype);
        return this.must(false, result.fault, `${op} of ${args.map((a) => nodes[a].dtype).join(", ")}`);
      }
      default:
        return node satisfies never;
    }
  }

  #host({ equation, inputs, outputs }: HostStep): void {
    const sides = [
      [equation.inputs, inputs],
      [equation.outputs, outputs],
    ] as const;
    for (const [atoms, buffers] of sides) {
      this.must(atoms.length === buffers.length, `${atoms.length} buffers`, `${buffers.length}`);
      atoms.forEach(({ aval }, i) => {
        const { size, dtype } = this.buffer(buffers[i]);
        this.must(size === sizeOf(aval.shape), `${sizeOf(aval.shape)} elements in %${buffers[i]}`, String(size));
        // A number that came as an argument is held in float64, whatever its type says.
        this.must(dtype === aval.dtype || (aval.weak !== undefined && dtype === "float64"), `%${buffers[i]} of ${aval.dtype}`, dtype);
      });
    }
  }
}

/** The factors of a recurrence over one element: the first is never read. */
const isUnread = (step: Step, b: BufferId): boolean =>
  step.kind === "running" && step.fold === "linear" && step.size === 1 && step.inputs[0].buffer === b;

/** A step that touches no element. */
const isEmpty = (step: Step): boolean => step.kind === "nest" && step.sizes.includes(0);
