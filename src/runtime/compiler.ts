// The compiler under jit: optimises a program, lowers it to loops, fuses them, plans memory, emits one module, and makes an
// executable of it, which can show each of these stages.

import type { ClosedJaxpr } from "../core/closed.js";
import { debugSettings } from "../core/debug.js";
import { CompilationError } from "../core/errors.js";
import type { Executable, Stages } from "../core/executable.js";
import { fuse } from "../compile/fuse.js";
import { type Target, lower } from "../compile/lowering.js";
import { loopPasses } from "../compile/pipeline.js";
import { planMemory } from "../compile/plan.js";
import { rules } from "../compile/rules.js";
import { checkLoops } from "../loop/check.js";
import type { LoopProgram } from "../loop/ir.js";
import { optimise } from "../optimise/optimise.js";
import { supportsVector } from "../wasm/vector.js";
import { CompiledProgram } from "./compiledProgram.js";
import { Emission } from "./emission.js";
import { optimized } from "./engine.js";
import { layOut } from "./layout.js";
import type { Machine } from "./machine.js";
import { emittedText, loopStages } from "./stages.js";

export { type Machine, makeMachine } from "./machine.js";

/** What lowering may use: all rules, and what vectors can do. */
export const wasmTarget: Target = {
  rule: (name) => rules.get(name),
  supports: supportsVector,
};

/** The program, checked if debug settings ask for it. */
const checkedLoops = (program: LoopProgram): LoopProgram => (debugSettings.checkJaxprs ? checkLoops(program) : program);

/** A compiler that runs programs on `machine`; tests lower them by rules of their own. */
export const wasmCompiler =
  (machine: Machine, target: Target = wasmTarget) =>
  (closed: ClosedJaxpr): Executable => {
    const optimised = optimise(closed);
    const lowered = lower(optimised, target);
    const program = checkedLoops(loopPasses.reduce((loops, pass) => pass.run(loops), checkedLoops(lowered.program)));
    const owner = {};
    const layout = layOut(machine, owner, lowered, program, planMemory(program));
    const moduleNumber = machine.pool?.newModule() ?? 0;
    const emitted = new Emission(machine, layout, moduleNumber).emit(program);
    const env = { memory: machine.heap.memory, stalled: machine.pool?.stalled ?? ((): number => 0) };
    const instance = instantiate(emitted.bytes, env);
    const functions = instance.exports as Record<string, (base: number, threads: number) => void>;
    const stages = (): Stages => ({
      optimised,
      loops: loopStages(lowered.program, fuse(lowered.program), program, layout),
      module: emittedText(emitted),
    });
    const { outAvals } = closed;
    return new CompiledProgram(machine, { owner, program, lowered, layout, emitted, moduleNumber, functions, outAvals, stages });
  };

/** The module made ready by the engine, which may refuse: a module can be too large for it, or memory short. */
function instantiate(bytes: Uint8Array<ArrayBuffer>, env: Readonly<Record<string, WebAssembly.ImportValue>>): WebAssembly.Instance {
  try {
    return optimized(() => new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }));
  } catch (error) {
    throw new CompilationError({
      op: "jit",
      expected: `an engine that compiles a module of ${bytes.length} bytes`,
      received: String(error),
      remedy: "jit smaller functions, or run on the reference evaluator with the environment variable COTANGENT_WASM=0",
    });
  }
}
