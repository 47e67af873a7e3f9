// What emitted mathematics needs of the function around it: constants in locals, temporaries, tables. Constants are loaded
// at the start of the function: engines rematerialise v128.const inside loops, whereas a local filled by a splatting load
// stays in a register or is one memory operand.

import type { Code, Local } from "../module.js";

/** Memory for constants: gives the address of bytes, each distinct value stored once. */
export interface Constants {
  add(bytes: Uint8Array): number;
}

/** Where emitted mathematics gets constants and temporaries. */
export interface VectorContext {
  readonly code: Code;
  /** Whether a·b + c may be one relaxed instruction, rounded once or twice as the machine has it. */
  readonly fma: boolean;
  /** The local that holds a float32 constant in its four lanes. */
  f32(value: number): Local;
  /** The local that holds a 32-bit pattern in its four lanes. */
  i32(bits: number): Local;
  /** The local that holds a float64 constant in its two lanes. */
  f64(value: number): Local;
  /** The local that holds a 64-bit pattern in its two lanes. */
  i64(bits: bigint): Local;
  /** The address of a table in memory, a multiple of 16. */
  table(bytes: Uint8Array): number;
  /** A v128 local of undefined content, given back with `release`. */
  temporary(): Local;
  release(...locals: Local[]): void;
}

/** The context of one function: its constants are shared by all loops in it. */
export class FunctionContext implements VectorContext {
  readonly #constants = new Map<string, Local>();
  readonly #free: Local[] = [];

  constructor(
    readonly code: Code,
    readonly pool: Constants,
    readonly fma: boolean,
  ) {}

  #constant(bytes: Uint8Array): Local {
    const key = bytes.join();
    const found = this.#constants.get(key);
    if (found !== undefined) return found;
    const local = this.code.local("v128");
    const address = this.pool.add(bytes);
    const load = bytes.length === 4 ? "v128.load32_splat" : "v128.load64_splat";
    this.code.atStart(() => this.code.i32(0).memory(load, address).set(local));
    this.#constants.set(key, local);
    return local;
  }

  f32(value: number): Local {
    return this.#constant(new Uint8Array(Float32Array.of(value).buffer));
  }

  i32(bits: number): Local {
    return this.#constant(new Uint8Array(Int32Array.of(bits).buffer));
  }

  f64(value: number): Local {
    return this.#constant(new Uint8Array(Float64Array.of(value).buffer));
  }

  i64(bits: bigint): Local {
    return this.#constant(new Uint8Array(BigInt64Array.of(BigInt.asIntN(64, bits)).buffer));
  }

  table(bytes: Uint8Array): number {
    return this.pool.add(bytes);
  }

  temporary(): Local {
    return this.#free.pop() ?? this.code.local("v128");
  }

  release(...locals: Local[]): void {
    this.#free.push(...locals);
  }
}
