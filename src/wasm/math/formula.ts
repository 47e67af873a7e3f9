// Formulas over vectors of float32 (four lanes) or float64 (two lanes), written as nested terms and emitted as WebAssembly.
// A term emits the instructions that leave its value on the stack, each time it is used: a value used twice is named by
// `let` first. Numbers stand for constants in all lanes.

import type { Local } from "../module.js";
import type { Op } from "../opcodes.js";
import type { VectorContext } from "./context.js";

/** Emits instructions that leave one v128 (or, for tests of lanes, one i32). */
export type Term = () => void;
export type Operand = Term | number;

/** A named value, which can be set again. */
export interface Variable extends Term {
  readonly local: Local;
}

/** Which floating-point lanes a formula computes on. */
export type Shape = "f32x4" | "f64x2";

/** Emits a function of the vector in `x`: leaves its value on the stack, modifies no local but temporaries. */
export type VectorFunction = (context: VectorContext, x: Local) => void;
export type BinaryVectorFunction = (context: VectorContext, x: Local, y: Local) => void;

export class Formula {
  readonly #temporaries: Local[];
  readonly #integer: "i32x4" | "i64x2";

  constructor(
    readonly context: VectorContext,
    readonly shape: Shape = "f32x4",
    temporaries: Local[] = [],
  ) {
    this.#temporaries = temporaries;
    this.#integer = shape === "f32x4" ? "i32x4" : "i64x2";
  }

  /** The same formula's float64 side: its temporaries are released with this one's. */
  double(): Formula {
    return new Formula(this.context, "f64x2", this.#temporaries);
  }

  /** The constant in all lanes. */
  constant(value: number): Term {
    const { context } = this;
    return this.local(this.shape === "f32x4" ? context.f32(value) : context.f64(value));
  }

  /** The bit pattern in all lanes: 32 bits as a number, 64 as a bigint. */
  bits(value: number | bigint): Term {
    const { context } = this;
    return this.local(typeof value === "number" ? context.i32(value) : context.i64(value));
  }

  local(local: Local): Variable {
    return Object.assign(() => void this.context.code.get(local), { local });
  }

  /** Computes the term here and names it. */
  let(term: Term): Variable {
    const local = this.context.temporary();
    this.#temporaries.push(local);
    const variable = this.local(local);
    this.set(variable, term);
    return variable;
  }

  set(variable: Variable, term: Term): void {
    term();
    this.context.code.set(variable.local);
  }

  /** Ends the formula: leaves `result` on the stack and gives the temporaries back. */
  finish(result: Term): void {
    result();
    this.context.release(...this.#temporaries);
  }

  /** An instruction on terms. */
  apply(op: Op, ...operands: readonly Operand[]): Term {
    const terms = operands.map((operand) => (typeof operand === "number" ? this.constant(operand) : operand));
    return () => {
      for (const term of terms) term();
      this.context.code.op(op);
    };
  }

  add = (a: Operand, b: Operand): Term => this.apply(`${this.shape}.add`, a, b);
  sub = (a: Operand, b: Operand): Term => this.apply(`${this.shape}.sub`, a, b);
  mul = (a: Operand, b: Operand): Term => this.apply(`${this.shape}.mul`, a, b);
  div = (a: Operand, b: Operand): Term => this.apply(`${this.shape}.div`, a, b);
  sqrt = (a: Operand): Term => this.apply(`${this.shape}.sqrt`, a);
  abs = (a: Operand): Term => this.apply(`${this.shape}.abs`, a);
  neg = (a: Operand): Term => this.apply(`${this.shape}.neg`, a);
  nearest = (a: Operand): Term => this.apply(`${this.shape}.nearest`, a);
  trunc = (a: Operand): Term => this.apply(`${this.shape}.trunc`, a);
  lt = (a: Operand, b: Operand): Term => this.apply(`${this.shape}.lt`, a, b);
  le = (a: Operand, b: Operand): Term => this.apply(`${this.shape}.le`, a, b);
  gt = (a: Operand, b: Operand): Term => this.apply(`${this.shape}.gt`, a, b);
  eq = (a: Operand, b: Operand): Term => this.apply(`${this.shape}.eq`, a, b);
  ne = (a: Operand, b: Operand): Term => this.apply(`${this.shape}.ne`, a, b);

  /** The lesser of x and a bound; NaN where x is NaN. (pmin is one instruction, min about seven.) */
  atMost = (x: Operand, bound: Operand): Term => this.apply(`${this.shape}.pmin`, x, bound);
  /** The greater of x and a bound; NaN where x is NaN. */
  atLeast = (x: Operand, bound: Operand): Term => this.apply(`${this.shape}.pmax`, x, bound);

  and = (a: Term, b: Term): Term => this.apply("v128.and", a, b);
  or = (a: Term, b: Term): Term => this.apply("v128.or", a, b);
  xor = (a: Term, b: Term): Term => this.apply("v128.xor", a, b);
  not = (a: Term): Term => this.apply("v128.not", a);

  /** `yes` in the lanes where the mask is set, else `no`. */
  select = (mask: Term, yes: Operand, no: Operand): Term => this.apply("v128.bitselect", yes, no, mask);

  integerAdd = (a: Term, b: Term): Term => this.apply(`${this.#integer}.add`, a, b);
  integerSub = (a: Term, b: Term): Term => this.apply(`${this.#integer}.sub`, a, b);

  #shift(op: Op, a: Term, count: number): Term {
    return () => {
      a();
      this.context.code.i32(count).op(op);
    };
  }

  shiftLeft = (a: Term, count: number): Term => this.#shift(`${this.#integer}.shl`, a, count);
  /** Shifts zeros in. */
  shiftRight = (a: Term, count: number): Term => this.#shift(`${this.#integer}.shr_u`, a, count);
  /** Shifts the sign in; 32-bit lanes only, for 64-bit lanes have no such instruction on most machines. */
  shiftRightSigned = (a: Term, count: number): Term => this.#shift("i32x4.shr_s", a, count);

  /** The exponent of float32 lanes, with its bias, as integers. */
  exponentField = (x: Term): Term => this.and(this.shiftRight(x, 23), this.bits(0xff));

  /** The two low lanes of a float32 vector as float64. */
  promote = (x: Term): Term => this.apply("f64x2.promote_low_f32x4", x);
  /** Two float64 lanes as the low lanes of a float32 vector. */
  demote = (x: Term): Term => this.apply("f32x4.demote_f64x2_zero", x);

  /** 16 bytes chosen of two vectors, by byte index 0 … 31. */
  shuffle(a: Term, b: Term, bytes: readonly number[]): Term {
    return () => {
      a();
      b();
      this.context.code.shuffle(bytes);
    };
  }

  /** 16 bytes of memory at `address` plus the 32-bit lane `lane` of `offsets`. */
  load(offsets: Term, lane: number, address: number): Term {
    return () => {
      offsets();
      this.context.code.lane("i32x4.extract_lane", lane).memory("v128.load", address);
    };
  }

  /** The 64 bits of memory at `address`, an i32, in the low lane. */
  load64(address: Term): Term {
    return () => {
      address();
      this.context.code.memory("v128.load64_zero");
    };
  }

  /** Lane `lane` of 32-bit offsets plus an i32 local. */
  shift(offsets: Term, lane: number, base: Local): Term {
    return () => {
      offsets();
      this.context.code.lane("i32x4.extract_lane", lane).get(base).op("i32.add");
    };
  }

  /** A 32-bit integer in all lanes, whatever the formula's own lanes. */
  constant32 = (value: number): Term => this.local(this.context.i32(value));
  shift32 = (op: "i32x4.shl" | "i32x4.shr_u", a: Term, count: number): Term => this.#shift(op, a, count);

  /** a·b + c. */
  madd(a: Operand, b: Operand, c: Operand): Term {
    return this.context.fma ? this.apply(`${this.shape}.relaxed_madd`, a, b, c) : this.add(this.mul(a, b), c);
  }

  /** c − a·b. */
  nmadd(a: Operand, b: Operand, c: Operand): Term {
    return this.context.fma ? this.apply(`${this.shape}.relaxed_nmadd`, a, b, c) : this.sub(c, this.mul(a, b));
  }

  /** Σ coefficients[k]·xᵏ by Horner's rule. */
  polynomial(x: Term, coefficients: readonly number[]): Term {
    return coefficients
      .slice(0, -1)
      .reduceRight<Term>((sum, c) => this.madd(sum, x, c), this.constant(coefficients[coefficients.length - 1]));
  }

  get #signBit(): Term {
    return this.shape === "f32x4" ? this.bits(0x80000000) : this.bits(1n << 63n);
  }

  /** The sign bits, all else zero. */
  signOf = (x: Term): Term => this.and(x, this.#signBit);

  /** All ones in the lanes whose lowest bit is set. */
  oddLanes(x: Term): Term {
    if (this.shape === "f32x4") return this.shiftRightSigned(this.shiftLeft(x, 31), 31);
    return this.integerSub(this.bits(0n), this.and(x, this.bits(1n)));
  }

  /** Gives y the sign of x; y must not be negative unless x is. */
  withSign = (y: Term, x: Term): Term => this.or(y, this.signOf(x));

  /** Runs `body` if the mask is set in any lane: for rare arguments, which then cost the common ones one branch. */
  whenAny(mask: Term, body: () => void): void {
    mask();
    this.context.code.op("v128.any_true").if(body);
  }

  /** Runs `body`, again as long as the mask is then set in any lane. What it does to the other lanes must not matter. */
  whileAny(mask: Term, body: () => void): void {
    const { code } = this.context;
    code.doWhile(body, () => {
      mask();
      code.op("v128.any_true");
    });
  }
}

/** A function of one vector. */
export function unary(body: (v: Formula, x: Variable) => Term, shape: Shape = "f32x4"): VectorFunction {
  return (context, x) => {
    const v = new Formula(context, shape);
    v.finish(body(v, v.local(x)));
  };
}

/** A function of two vectors. */
export function binary(body: (v: Formula, x: Variable, y: Variable) => Term, shape: Shape = "f32x4"): BinaryVectorFunction {
  return (context, x, y) => {
    const v = new Formula(context, shape);
    v.finish(body(v, v.local(x), v.local(y)));
  };
}
