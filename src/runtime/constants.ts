// Numeric constants of emitted code: each is loaded from the heap into a local when its function starts. (Engines may
// compute a constant of the instruction stream again inside of a loop.)

import type { Code, Local } from "../wasm/module.js";
import type { Constants } from "../wasm/vector.js";
import type { Heap } from "./heap.js";

export class ConstantLocals implements Constants {
  readonly #locals = new Map<number, Local>();

  constructor(
    readonly code: Code,
    readonly heap: Heap,
  ) {}

  #load(kind: "f32" | "f64" | "i32", value: number): Local {
    const words = kind === "f64" ? Float64Array.of(value) : kind === "f32" ? Float32Array.of(value) : Int32Array.of(value);
    const address = this.heap.add(new Uint8Array(words.buffer));
    let local = this.#locals.get(address);
    if (local === undefined) {
      const fresh = this.code.local("v128");
      local = fresh;
      this.#locals.set(address, fresh);
      this.code.atStart(() => this.code.i32(address).memory(kind === "f64" ? "v128.load64_splat" : "v128.load32_splat").set(fresh));
    }
    return local;
  }

  f32(value: number): Local {
    return this.#load("f32", value);
  }

  f64(value: number): Local {
    return this.#load("f64", value);
  }

  i32(bits: number): Local {
    return this.#load("i32", bits);
  }
}
