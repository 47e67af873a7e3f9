// What runs a compiled program: the fused WebAssembly module where the engine allows it, else the reference evaluator; and
// the reference evaluator whenever NaNs are hunted, because it stops at the equation that makes one.

import type { ClosedJaxpr } from "../core/closed.js";
import { debugSettings } from "../core/debug.js";
import type { Eager, Executable } from "../core/executable.js";
import { interpret } from "../interpret/evaluator.js";
import { type Machine, makeMachine, wasmCompiler } from "./compiler.js";
import { makeEager } from "./eager.js";
import { environment } from "./engine.js";

let machine: Machine | undefined;
let refused = environment("COTANGENT_WASM") === "0";

/** The machine that all compiled programs share, made when the first of them is; `undefined` where there can be none. */
function sharedMachine(): Machine | undefined {
  if (machine !== undefined || refused) return machine;
  try {
    machine = makeMachine();
  } catch (error) {
    refused = true;
    console.warn(`cotangent: WebAssembly is refused here (${String(error)}); compiled functions run on the slower reference evaluator.`);
  }
  return machine;
}

/** Makes a program ready to run. */
export function compileProgram(program: ClosedJaxpr): Executable {
  const shared = sharedMachine();
  const compiled = shared === undefined ? interpret(program) : wasmCompiler(shared)(program);
  let reference: Executable | undefined;
  return {
    run: (args) => (debugSettings.debugNans ? (reference ??= interpret(program)).run(args) : compiled.run(args)),
    stages: () => compiled.stages?.(),
  };
}

const compiled = makeEager(compileProgram);

/** Runs an eager operation as a compiled program where that is quicker. */
export const evaluateEagerly: Eager = (primitive, args, params) => (refused ? undefined : compiled(primitive, args, params));
