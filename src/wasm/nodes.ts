// The nodes of a nest's body as vectors: loads by how their elements lie along the vector axis, indices, operations.

import { bytesOf } from "../core/dtype.js";
import type { Nest, Node } from "../loop/ir.js";
import { emitLoadApart, emitLoadRow, emitLoadSplat } from "./access.js";
import { emitShiftByConstant, isShiftByConstant } from "./integer.js";
import type { Local } from "./module.js";
import type { Schedule } from "./schedule.js";
import { type VectorTarget, emitConvert, emitPointwise } from "./vector.js";

/** Where a node is emitted. */
export interface NodePlace {
  readonly target: VectorTarget;
  readonly nest: Nest;
  readonly schedule: Schedule;
  /** The vectors of earlier nodes. */
  readonly values: ReadonlyMap<number, Local>;
  /** For a load: the address of its element in the turn's first vector. */
  readonly pointer: Local;
  /** For an index: the counter of its axis. */
  readonly index: Local;
  /** The vector's number within the turn. */
  readonly u: number;
  /** Lanes that count. */
  readonly count: number;
}

/** Emits one node; gives the local that holds its vector. */
export function emitNode(place: NodePlace, node: Node): Local {
  const { code, constants } = place.target;
  if (node.kind === "constant") {
    if (node.dtype === "float32") return constants.f32(node.value);
    if (node.dtype === "float64") return constants.f64(node.value);
    return constants.i32(node.dtype === "bool" ? -node.value : node.value | 0);
  }
  const result = code.local("v128");
  if (node.kind === "load") emitLoad(place, node);
  else if (node.kind === "index") emitIndex(place, node);
  else emitOperation(place, node);
  code.set(result);
  return result;
}

function emitLoad(
  { target: { code }, schedule: { lanes, vectorAxis }, pointer, u, count }: NodePlace,
  node: Node & { kind: "load" },
): void {
  const stride = node.access.strides[vectorAxis];
  const offset = u * lanes * stride * bytesOf(node.dtype);
  if (stride === 0) emitLoadSplat(code, node.dtype, pointer);
  else if (stride === 1) emitLoadRow(code, node.dtype, lanes, pointer, offset);
  else emitLoadApart(code, node.dtype, count, pointer, offset, stride);
}

function emitIndex({ target, schedule: { lanes, vectorAxis }, index, u }: NodePlace, { axis, dtype }: Node & { kind: "index" }): void {
  const { code } = target;
  code.get(index).op("i32x4.splat");
  if (axis === vectorAxis) {
    const steps = code.local("v128");
    const words = Int32Array.of(0, 1, 2, 3).map((lane) => lane + u * lanes);
    code.atStart(() => code.v128(new Uint8Array(words.buffer)).set(steps));
    code.get(steps).op("i32x4.add");
  }
  if (dtype === "int32" || dtype === "uint32") return;
  const whole = code.local("v128");
  code.set(whole);
  emitConvert(target, whole, "int32", dtype);
}

function emitOperation({ target, nest: { nodes }, values }: NodePlace, { op, args, dtype }: Node & { kind: "apply" }): void {
  const vectors = args.map((a) => values.get(a) as Local);
  const last = nodes[args[args.length - 1]];
  const amount = args.length === 2 && last.kind === "constant" ? last.value : undefined;
  if (op === "convert") emitConvert(target, vectors[0], last.dtype, dtype);
  else if (amount !== undefined && isShiftByConstant(op, amount, dtype)) emitShiftByConstant(target.code, op, vectors[0], amount);
  else emitPointwise(target, op, vectors, last.dtype);
}
