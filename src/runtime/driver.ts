// Drivers: calls of steps in order, with loops and branches around them. A driver takes the address of the transient area and
// the number of threads. What moves in a loop has its address in a local; where threads share a step of the loop, it is put
// into the frame too, at each turn, because that is where they look.

import { bytesOf } from "../core/dtype.js";
import type { Branch, BufferId, Carry, Loop, LoopProgram, Row, Sliding } from "../loop/ir.js";
import type { Code, Local } from "../wasm/module.js";
import type { Layout, Place } from "./layout.js";

/** A step made ready: a call, or a loop or branch of such. */
export type Task =
  | { readonly kind: "call"; readonly shared: boolean; emit(code: Code, scope: Scope): void }
  | { readonly kind: "loop"; readonly loop: Loop; readonly condition: readonly Task[]; readonly body: readonly Task[] }
  | { readonly kind: "branch"; readonly branch: Branch; readonly branches: readonly (readonly Task[])[] };

/** The locals that hold the addresses of moving buffers. */
export type Scope = ReadonlyMap<BufferId, Local>;

const TRANSIENT = 0;

/** Puts the address of a buffer on the stack; `scope` knows where moving ones are, otherwise the frame does. */
export function pushAddress(code: Code, { places }: Layout, b: BufferId, scope?: Scope): Code {
  const local = scope?.get(b);
  if (local !== undefined) return code.get(local);
  const place = places.get(b) as Place;
  if (place.kind === "fixed") return code.i32(place.address);
  if (place.kind === "transient") return code.get(TRANSIENT).i32(place.offset).op("i32.add");
  return code.get(TRANSIENT).memory("i32.load", place.slot * 4);
}

const sharesAny = (tasks: readonly Task[]): boolean =>
  tasks.some((task) => {
    if (task.kind === "call") return task.shared;
    return task.kind === "loop" ? sharesAny(task.condition) || sharesAny(task.body) : task.branches.some(sharesAny);
  });

/** A carry's addresses: what the turn reads, what it writes, and what one differs from the other by. */
interface Swapped {
  readonly entry: Local;
  readonly exit: Local;
  readonly toggle: Local;
}

/** How a loop counts: whether no turn is left, as an i32 on the stack, and one turn less. */
interface Countdown {
  isOver(): Code;
  next(): void;
}

export class Driver {
  constructor(
    readonly code: Code,
    readonly program: LoopProgram,
    readonly layout: Layout,
  ) {}

  /** Emits tasks in order. */
  run(tasks: readonly Task[], scope: Scope = new Map()): void {
    for (const task of tasks) {
      if (task.kind === "call") task.emit(this.code, scope);
      else if (task.kind === "loop") this.#loop(task, scope);
      else this.#branch(task, scope);
    }
  }

  #bytes(b: BufferId): number {
    return bytesOf(this.program.buffers[b].dtype);
  }

  #branch({ branch: { index }, branches }: Task & { kind: "branch" }, scope: Scope): void {
    const { code } = this;
    const chosen = code.local("i32");
    pushAddress(code, this.layout, index.buffer, scope)
      .memory("i32.load", index.offset * 4)
      .set(chosen);
    const choose = (low: number, high: number): void => {
      if (low === high) return this.run(branches[low], scope);
      const middle = (low + high) >> 1;
      code.get(chosen).i32(middle).op("i32.le_s");
      code.if(
        () => choose(low, middle),
        () => choose(middle + 1, high),
      );
    };
    choose(0, branches.length - 1);
  }

  #loop(task: Task & { kind: "loop" }, outside: Scope): void {
    const { code } = this;
    const { loop, body } = task;
    const scope = new Map(outside);
    const carried = loop.carries.map((carry): Swapped => {
      const swapped = this.#startCarry(loop, carry, outside);
      scope.set(carry.entry, swapped.entry).set(carry.exit, swapped.exit);
      return swapped;
    });
    const slidings = [...loop.slices, ...loop.stacks];
    for (const sliding of slidings) scope.set(sliding.row, this.#startSliding(sliding, outside));
    const shares = sharesAny([task]);
    const turn = (): void => {
      this.run(body, scope);
      for (const { entry, exit, toggle } of carried)
        if (exit !== entry) code.get(exit).set(entry).get(exit).get(toggle).op("i32.xor").set(exit);
      for (const { row, stride } of slidings) {
        const local = scope.get(row) as Local;
        if (stride !== 0)
          code
            .get(local)
            .i32(stride * this.#bytes(row))
            .op("i32.add")
            .set(local);
      }
    };
    const publish = (): void => {
      if (shares) this.#publish([...scope].filter(([b]) => !outside.has(b)));
    };
    if (loop.condition === undefined) this.#times(loop.turns, publish, turn);
    else {
      this.#asLongAs(task, scope, publish, turn);
      loop.carries.forEach(({ final }, i) => this.#bringHome(carried[i].entry, final, outside));
    }
  }

  /** The first value is read where it is; of the two other places, the last turn writes to the final one. */
  #startCarry({ turns, condition }: Loop, { initial, entry, exit, final, spare }: Carry, scope: Scope): Swapped {
    const { code, layout } = this;
    if (entry === exit) return this.#startInPlace(initial, entry, final, scope);
    const swapped = { entry: code.local("i32"), exit: code.local("i32"), toggle: code.local("i32") };
    pushAddress(code, layout, initial.buffer, scope)
      .i32(initial.offset * this.#bytes(entry))
      .op("i32.add")
      .set(swapped.entry);
    const first = condition === undefined && turns % 2 === 0 ? spare : final;
    pushAddress(code, layout, first, scope).set(swapped.exit);
    pushAddress(code, layout, final, scope);
    pushAddress(code, layout, spare, scope).op("i32.xor").set(swapped.toggle);
    return swapped;
  }

  /** A value that turns update is put where the last one is wanted. */
  #startInPlace({ buffer, offset }: Row, entry: BufferId, final: BufferId, scope: Scope): Swapped {
    const { code, layout } = this;
    const place = code.local("i32");
    pushAddress(code, layout, final, scope).tee(place);
    pushAddress(code, layout, buffer, scope)
      .i32(offset * this.#bytes(entry))
      .op("i32.add")
      .i32(this.program.buffers[entry].size * this.#bytes(entry))
      .copyBytes();
    return { entry: place, exit: place, toggle: place };
  }

  #startSliding({ row, of, first }: Sliding, scope: Scope): Local {
    const local = this.code.local("i32");
    pushAddress(this.code, this.layout, of, scope)
      .i32(first * this.#bytes(row))
      .op("i32.add")
      .set(local);
    return local;
  }

  #publish(addresses: readonly (readonly [BufferId, Local])[]): void {
    for (const [b, local] of addresses) {
      const place = this.layout.places.get(b) as Place;
      if (place.kind === "frame")
        this.code
          .get(TRANSIENT)
          .get(local)
          .memory("i32.store", place.slot * 4);
    }
  }

  /** A counter of the turns that are left: 32 bits where they suffice, else a float64, which is exact to 2^53. */
  #countdown(turns: number): Countdown {
    const { code } = this;
    if (turns < 2 ** 32) {
      const left = code.local("i32");
      code.i32(turns).set(left);
      return { isOver: () => code.get(left).op("i32.eqz"), next: () => code.get(left).i32(1).op("i32.sub").set(left) };
    }
    const left = code.local("f64");
    code.f64(turns).set(left);
    return { isOver: () => code.get(left).f64(0).op("f64.eq"), next: () => code.get(left).f64(1).op("f64.sub").set(left) };
  }

  #times(turns: number, publish: () => void, turn: () => void): void {
    const { next, isOver } = this.#countdown(turns);
    this.code.doWhile(
      () => {
        publish();
        turn();
        next();
      },
      () => isOver().op("i32.eqz"),
    );
  }

  #asLongAs({ loop, condition }: Task & { kind: "loop" }, scope: Scope, publish: () => void, turn: () => void): void {
    const { code, layout } = this;
    const holds = (loop.condition as NonNullable<Loop["condition"]>).holds;
    const countdown = Number.isFinite(loop.turns) ? this.#countdown(loop.turns) : undefined;
    code.block(() =>
      code.loop(() => {
        countdown?.isOver().branchIf(1);
        countdown?.next();
        publish();
        this.run(condition, scope);
        pushAddress(code, layout, holds.buffer, scope).memory("i32.load8_u", holds.offset).op("i32.eqz").branchIf(1);
        turn();
        code.branch(0);
      }),
    );
  }

  /** Copies the last value to its final place, unless it is there: how many turns there were is not known before. */
  #bringHome(last: Local, final: BufferId, scope: Scope): void {
    const { code, layout, program } = this;
    const bytes = program.buffers[final].size * this.#bytes(final);
    pushAddress(code, layout, final, scope).get(last).op("i32.ne");
    code.if(() => pushAddress(code, layout, final, scope).get(last).i32(bytes).copyBytes());
  }
}
