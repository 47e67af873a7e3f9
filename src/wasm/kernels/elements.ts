// Single elements of each dtype: how they are loaded, stored and combined one at a time. Integers of one byte are held in 32
// bits and wrapped by the store.

import { type DType, bytesOf, isFloat, isSigned } from "../../core/dtype.js";
import type { Code, Local, ValueType } from "../module.js";
import type { Access, Op } from "../opcodes.js";
import { countUp } from "./flow.js";

/** One dtype's elements in locals. */
export interface ElementType {
  readonly dtype: DType;
  readonly type: Extract<ValueType, "i32" | "f32" | "f64">;
  readonly bytes: number;
  readonly load: Access;
  readonly store: Access;
}

export function elementOf(dtype: DType): ElementType {
  const bytes = bytesOf(dtype);
  if (dtype === "float32") return { dtype, type: "f32", bytes, load: "f32.load", store: "f32.store" };
  if (dtype === "float64") return { dtype, type: "f64", bytes, load: "f64.load", store: "f64.store" };
  if (bytes === 4) return { dtype, type: "i32", bytes, load: "i32.load", store: "i32.store" };
  return { dtype, type: "i32", bytes, load: isSigned(dtype) ? "i32.load8_s" : "i32.load8_u", store: "i32.store8" };
}

/** A number of the element type, on the stack. */
export function pushNumber(code: Code, { type }: ElementType, value: number): Code {
  if (type === "f32") return code.f32(value);
  return type === "f64" ? code.f64(value) : code.i32(value | 0);
}

/** Compares the two elements on the stack; false where one is NaN. */
export const orderOp = ({ dtype, type }: ElementType, order: "ge" | "le" | "gt" | "lt"): Op =>
  isFloat(dtype) ? `${type as "f32" | "f64"}.${order}` : `i32.${order}_${isSigned(dtype) ? "s" : "u"}`;

/** Combines two elements, each in a local, on the stack; on bool, add is "or" and mul is "and". */
export function combine(code: Code, element: ElementType, op: "add" | "mul" | "min" | "max", a: Local, b: Local): void {
  const { dtype, type } = element;
  code.get(a).get(b);
  if (isFloat(dtype)) code.op(`${type as "f32" | "f64"}.${op}`);
  else if (op === "mul") code.op("i32.mul");
  else if (op === "add" && dtype !== "bool") code.op("i32.add");
  else
    code
      .get(a)
      .get(b)
      .op(orderOp(element, op === "min" ? "lt" : "gt"), "select");
}

type Combination = "add" | "mul" | "min" | "max";

const floatCombinations = (p: "f32x4" | "f64x2"): Readonly<Record<Combination, Op>> => ({
  add: `${p}.add`,
  mul: `${p}.mul`,
  min: `${p}.min`,
  max: `${p}.max`,
});

const vectors: Readonly<Partial<Record<DType, Readonly<Record<Combination, Op>>>>> = {
  float32: floatCombinations("f32x4"),
  float64: floatCombinations("f64x2"),
  int32: { add: "i32x4.add", mul: "i32x4.mul", min: "i32x4.min_s", max: "i32x4.max_s" },
  uint32: { add: "i32x4.add", mul: "i32x4.mul", min: "i32x4.min_u", max: "i32x4.max_u" },
};

/** The same combination of vectors of 16 bytes; `undefined` for elements of one byte. */
export const vectorCombination = (dtype: DType, op: Combination): Op | undefined => vectors[dtype]?.[op];

/** Copies `bytes` bytes, known when the module is built, from one address to another; moves neither. */
export function copyBytes(code: Code, from: Local, to: Local, bytes: number): void {
  let done = 0;
  const piece = (size: number, load: Access, store: Access): void => {
    for (; bytes - done >= size; done += size) code.get(to).get(from).memory(load, done).memory(store, done);
  };
  if (bytes > LONG) {
    const end = code.local("i32");
    const [f, t] = [code.local("i32"), code.local("i32")];
    done = Math.floor(bytes / 16) * 16;
    code.get(from).tee(f).i32(done).op("i32.add").set(end).get(to).set(t);
    countUp(code, f, { local: end }, 16, () => {
      code.get(t).get(f).memory("v128.load").memory("v128.store");
      code.get(t).i32(16).op("i32.add").set(t);
    });
  }
  piece(16, "v128.load", "v128.store");
  piece(8, "i64.load", "i64.store");
  piece(4, "i32.load", "i32.store");
  piece(1, "i32.load8_u", "i32.store8");
}

const LONG = 128;
