// The seam under jit and under eager operations: a closed program of concrete constants goes in, an executable comes out.
// The composition root installs the compiler; compiled programs are kept as long as the program itself.

import type { ConcreteArray } from "./array.js";
import type { ClosedJaxpr } from "./closed.js";
import { deferring, hasEffects } from "./effects.js";
import type { AnyPrimitive, Params } from "./primitive.js";

/** A program made ready to run, any number of times. */
export interface Executable {
  run(args: readonly ConcreteArray[]): readonly ConcreteArray[];
  /** What the compiler made of the program on the way, for reading; absent where it runs as it is. */
  stages?(): Stages | undefined;
}

/** The texts of a program's loops. */
export interface LoopStages {
  /** Each equation on its own: buffers, and steps over them. */
  readonly lowered: string;
  /** Steps over one index space merged. */
  readonly fused: string;
  /** What is emitted, with the place of each buffer in memory. */
  readonly planned: string;
}

/** The stages of a compiled program. */
export interface Stages {
  /** The program with fewer and cheaper equations. */
  readonly optimised: ClosedJaxpr;
  readonly loops: LoopStages;
  /** The WebAssembly module in the manner of its text format. */
  readonly module: string;
}

export type Compiler = (program: ClosedJaxpr) => Executable;

/** Runs one primitive on arrays, or leaves it to the primitive's own kernel, where that is as quick. */
export type Eager = (primitive: AnyPrimitive, args: readonly ConcreteArray[], params: Params) => readonly ConcreteArray[] | undefined;

let compiler: Compiler | undefined;
let eager: Eager | undefined;
const executables = new WeakMap<ClosedJaxpr, Executable>();

/** Puts a compiler in force for programs that are compiled from now on, and for eager operations if it has a way for them. */
export function installCompiler(next: Compiler, nextEager?: Eager): void {
  compiler = next;
  eager = nextEager;
}

/** What runs eager operations, if anything but their kernels does. */
export const eagerEvaluator = (): Eager | undefined => eager;

/** The executable of a program, compiled when it is first asked for. */
export function executableOf(program: ClosedJaxpr): Executable {
  let executable = executables.get(program);
  if (executable === undefined) {
    if (compiler === undefined) throw new Error("no compiler is installed: import the library by one of its public entries");
    executable = compiler(program);
    if (hasEffects(program.jaxpr)) executable = withEffects(executable);
    executables.set(program, executable);
  }
  return executable;
}

const withEffects = (executable: Executable): Executable => ({
  run: (args) => deferring(() => executable.run(args)),
  stages: () => executable.stages?.(),
});
