// From a jaxpr to the loop IR, one equation at a time: layout becomes views, pointwise operations and reductions become
// nests, products become dots, calls are opened. Nothing is fused yet. What has no rule runs on the host.

import type { ClosedJaxpr } from "../core/closed.js";
import { ConcreteArray, type NDArray, concretizationError } from "../core/array.js";
import type { DType } from "../core/dtype.js";
import type { Atom, Equation, Var } from "../core/jaxpr.js";
import { type Shape, sizeOf, stridesOf } from "../core/shape.js";
import type { Buffer, BufferId, BufferRole, LoopProgram, Node, PointwiseOp, Reduction, Row, Step, Store } from "../loop/ir.js";
import { type Value, type View, isContiguous, wholeView } from "./views.js";

/** How one primitive is lowered; `undefined` says that this application is left to the host. */
export type Rule = (lowering: Lowering, equation: Equation, inputs: readonly Value[]) => readonly Value[] | undefined;

/** The rules by primitive, and which pointwise operations the machine below can do. */
export interface Target {
  rule(primitive: string): Rule | undefined;
  supports(op: PointwiseOp, dtype: DType): boolean;
}

/** A lowered program with what its buffers are bound to. */
export interface Lowered {
  readonly program: LoopProgram;
  readonly inputs: readonly BufferId[];
  /** Elements of the constant buffers. */
  readonly constants: readonly { readonly buffer: BufferId; readonly value: ConcreteArray }[];
  readonly outputs: readonly BufferId[];
}

/** Collects buffers and steps; what rules work with. */
export class Lowering {
  readonly buffers: Buffer[] = [];
  /** The list that rules add to: the program's, or that of a body inside. */
  steps: Step[] = [];
  readonly constants: { readonly buffer: BufferId; readonly value: ConcreteArray }[] = [];

  constructor(readonly target: Target) {}

  /** The steps that `write` adds, in a list of their own. */
  inside(write: () => void): readonly Step[] {
    const outside = this.steps;
    this.steps = [];
    try {
      write();
      return this.steps;
    } finally {
      this.steps = outside;
    }
  }

  /** What `lower` gives; nothing is left of it where it gives `undefined`. */
  attempt<T>(lower: () => T | undefined): T | undefined {
    const lists = [this.buffers, this.steps, this.constants];
    const lengths = lists.map((list) => list.length);
    const found = lower();
    if (found === undefined) lists.forEach((list, i) => (list.length = lengths[i]));
    return found;
  }

  /** Lowers a program in place: its results for these arguments. */
  call(closed: ClosedJaxpr, args: readonly Value[]): readonly Value[] {
    const { jaxpr } = closed;
    const values = new Map<Var, Value>();
    jaxpr.constvars.forEach((v, i) => values.set(v, this.#constant(closed.consts[i])));
    jaxpr.invars.forEach((v, i) => values.set(v, args[i]));
    const read = (atom: Atom): Value =>
      atom.kind === "literal" ? { kind: "splat", value: atom.value, shape: [], dtype: atom.aval.dtype } : (values.get(atom) as Value);
    for (const equation of jaxpr.equations) {
      const outs = this.#equation(equation, equation.inputs.map(read));
      equation.outputs.forEach((v, i) => values.set(v, outs[i]));
    }
    return jaxpr.outvars.map(read);
  }

  #equation(equation: Equation, inputs: readonly Value[]): readonly Value[] {
    const rule = this.target.rule(equation.primitive.name);
    const inner = rule === undefined ? innerProgram(equation) : undefined;
    if (inner !== undefined) return this.call(inner, inputs);
    return rule?.(this, equation, inputs) ?? onHost(this, equation, inputs);
  }

  #constant(x: NDArray): Value {
    if (!(x instanceof ConcreteArray)) throw concretizationError("jit", x.toString());
    const buffer = this.buffer(x.dtype, x.size, "constant");
    this.constants.push({ buffer, value: x });
    return wholeView(buffer, x.shape, x.dtype);
  }

  buffer(dtype: DType, size: number, role: BufferRole = "temporary"): BufferId {
    this.buffers.push({ dtype, size, role });
    return this.buffers.length - 1;
  }

  /** A nest over `shape` that writes `op` of the inputs into a new buffer. */
  pointwise(op: PointwiseOp, inputs: readonly Value[], shape: Shape, dtype: DType): Value {
    const nodes = inputs.map((x) => loadNode(x, shape));
    nodes.push({ kind: "apply", op, args: inputs.map((_, i) => i), dtype });
    return this.nest(shape, nodes, dtype);
  }

  /** A nest over `shape` that writes its last node into a new buffer, or combines it along `reduced` axes. */
  nest(
    shape: Shape,
    nodes: readonly Node[],
    dtype: DType,
    reduction?: { readonly kind: Reduction; readonly axes: readonly number[] },
  ): View {
    const axes = reduction?.axes ?? [];
    const outShape = shape.filter((_, k) => !axes.includes(k));
    const buffer = this.buffer(dtype, sizeOf(outShape));
    const view = wholeView(buffer, outShape, dtype);
    let next = 0;
    const strides = shape.map((_, k) => (axes.includes(k) ? 0 : view.strides[next++]));
    this.store(shape, nodes, { buffer, offset: 0, strides }, reduction?.kind);
    return view;
  }

  /** A nest that writes its last node through `access`. */
  store(shape: Shape, nodes: readonly Node[], access: Store["access"], reduction?: Reduction): void {
    const store: Store = { node: nodes.length - 1, access, ...(reduction === undefined ? {} : { reduction }) };
    this.steps.push({ kind: "nest", sizes: shape, nodes, stores: [store] });
  }

  /** The value in a buffer of its own elements in a row; copies only where it must. */
  contiguous(x: Value): View {
    if (x.kind === "view" && isContiguous(x)) return { ...x, strides: stridesOf(x.shape) };
    return this.nest(x.shape, [loadNode(x, x.shape)], x.dtype);
  }

  /** The value as a whole buffer, offset 0, as the host and the outputs want it. */
  whole(x: Value): View {
    const row = this.contiguous(x);
    if (row.offset === 0 && this.buffers[row.buffer].size === sizeOf(row.shape)) return row;
    return this.nest(x.shape, [loadNode(x, x.shape)], x.dtype);
  }
}

/** Where the elements of a contiguous view begin. */
export const rowOf = ({ buffer, offset }: View): Row => ({ buffer, offset });

/** The node that reads a value at the index of a nest over `shape`; a scalar is read at every index. */
export function loadNode(x: Value, shape: Shape): Node {
  if (x.kind === "splat") return { kind: "constant", value: x.value, dtype: x.dtype };
  const strides = x.shape.length === shape.length ? x.strides : shape.map(() => 0);
  return { kind: "load", access: { buffer: x.buffer, offset: x.offset, strides }, dtype: x.dtype };
}

/** Lowers a closed program of concrete constants. */
export function lower(program: ClosedJaxpr, target: Target): Lowered {
  const lowering = new Lowering(target);
  // A number that came as an argument is stored exactly, until the program gives it its dtype.
  const inputs = program.inAvals.map((a) => {
    const dtype = a.weak === undefined ? a.dtype : "float64";
    return wholeView(lowering.buffer(dtype, sizeOf(a.shape), "argument"), a.shape, dtype);
  });
  const outs = lowering.call(program, inputs);
  const outputs = outs.map((x) => outputBuffer(lowering, x));
  return {
    program: { buffers: lowering.buffers, steps: lowering.steps },
    inputs: inputs.map((x) => x.buffer),
    constants: lowering.constants,
    outputs,
  };
}

/** The program inside a call: it is opened in place. */
function innerProgram({ primitive, params }: Equation): ClosedJaxpr | undefined {
  return primitive.isCall === true && "jaxpr" in params ? (params.jaxpr as ClosedJaxpr) : undefined;
}

function onHost(lowering: Lowering, equation: Equation, inputs: readonly Value[]): readonly Value[] {
  const views = inputs.map((x) => lowering.whole(x));
  const outputs = equation.outputs.map((v) => wholeView(lowering.buffer(v.aval.dtype, sizeOf(v.aval.shape)), v.aval.shape, v.aval.dtype));
  lowering.steps.push({ kind: "host", equation, inputs: views.map((x) => x.buffer), outputs: outputs.map((x) => x.buffer) });
  return outputs;
}

/** An output is a buffer of its own: a temporary that holds just this value becomes one, all else is copied. */
function outputBuffer(lowering: Lowering, x: Value): BufferId {
  if (x.kind === "view" && isContiguous(x) && x.offset === 0) {
    const buffer = lowering.buffers[x.buffer];
    if (buffer.role === "temporary" && buffer.size === sizeOf(x.shape)) {
      lowering.buffers[x.buffer] = { ...buffer, role: "output" };
      return x.buffer;
    }
  }
  const copy = lowering.nest(x.shape, [loadNode(x, x.shape)], x.dtype).buffer;
  lowering.buffers[copy] = { ...lowering.buffers[copy], role: "output" };
  return copy;
}
