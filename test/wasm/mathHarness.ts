// Applies emitted elementary functions to arrays, and measures their errors in units in the last place.

import { ModuleBuilder } from "../../src/wasm/module.js";
import type { Code, Local } from "../../src/wasm/module.js";
import { FunctionContext } from "../../src/wasm/math/context.js";
import type { VectorContext } from "../../src/wasm/math/context.js";
import { ConstantPool } from "../../src/wasm/math/pool.js";

const POOL = 1024;
const FIRST = 65536;
/** Room for a vector of either operand or of the result, in bytes. */
const ROOM = 1 << 20;
const PAGES = 1 + (3 * ROOM) / 65536;

export interface Applied {
  readonly x: DataView;
  readonly y: DataView;
  readonly result: DataView;
  /** Computes `bytes` bytes of results, a multiple of 16. */
  run(bytes: number): void;
}

/** How many elements of a type one run takes at most. */
export const capacity = (bytesPerElement: number): number => ROOM / bytesPerElement;

function emitLoop(code: Code, emit: (x: Local, y: Local) => void): void {
  const [at, end] = [code.local("i32"), 0];
  const [x, y] = [code.local("v128"), code.local("v128")];
  code.doWhile(
    () => {
      code.get(at).memory("v128.load", FIRST).set(x);
      code
        .get(at)
        .memory("v128.load", FIRST + ROOM)
        .set(y);
      code.get(at);
      emit(x, y);
      code.memory("v128.store", FIRST + 2 * ROOM);
      code.get(at).i32(16).op("i32.add").set(at);
    },
    () => code.get(at).get(end).op("i32.lt_u"),
  );
}

/** A module that applies `emit` to vectors of x (and y). */
export function applied(emit: (context: VectorContext, x: Local, y: Local) => void, fma: boolean): Applied {
  const builder = new ModuleBuilder({ initial: PAGES, maximum: PAGES, shared: false });
  const pool = new ConstantPool(POOL);
  builder.function("run", ["i32"], [], (code) => {
    const context = new FunctionContext(code, pool, fma);
    emitLoop(code, (x, y) => emit(context, x, y));
  });
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(builder.build()), { env: { memory } });
  new Uint8Array(memory.buffer, POOL).set(pool.data());
  const run = exports["run"];
  if (typeof run !== "function") throw new Error("run is not exported");
  const view = (k: number): DataView => new DataView(memory.buffer, FIRST + k * ROOM, ROOM);
  return { x: view(0), y: view(1), result: view(2), run: (bytes) => void run(bytes) };
}

/** Whether the engine takes a·b + c as one relaxed instruction. */
export function hasRelaxed(): boolean {
  try {
    applied((context, x, y) => context.code.get(x).get(y).get(x).op("f32x4.relaxed_madd"), true);
    return true;
  } catch {
    return false;
  }
}

interface Format {
  readonly fraction: number;
  readonly least: number;
  readonly greatest: number;
}
export const single: Format = { fraction: 23, least: -126, greatest: 127 };
export const double: Format = { fraction: 52, least: -1022, greatest: 1023 };

const parts = new DataView(new ArrayBuffer(8));

/** ⌊log₂|x|⌋ for normal float64 x. */
function exponentOf(x: number): number {
  parts.setFloat64(0, x);
  return ((parts.getUint16(0) >> 4) & 0x7ff) - 1023;
}

/** |got − want| in units in the last place of the format at `want`; infinite where NaN, infinity or the sign of 0 differ. */
export function ulpError(got: number, want: number, { fraction, least, greatest }: Format): number {
  if (Object.is(got, want)) return 0;
  if (Number.isNaN(got) || Number.isNaN(want)) return Infinity;
  if (want === 0) return got === 0 ? Infinity : Math.abs(got) / 2 ** (least - fraction);
  if (got === 0 && Math.sign(1 / got) !== Math.sign(want)) return Infinity;
  const exponent = Math.min(Math.max(exponentOf(want), least), greatest);
  const ulp = 2 ** (exponent - fraction);
  // What overflows is compared with the first number that does not fit.
  const top = 2 ** exponent * 2;
  const within = (x: number): number => (exponent === greatest ? Math.min(Math.max(x, -top), top) : x);
  return Math.abs(within(got) / ulp - within(want) / ulp);
}
