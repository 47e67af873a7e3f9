// The seam under jit: a closed program of concrete constants goes in, an executable comes out. The composition root
// installs the compiler; compiled programs are kept as long as the program itself.

import type { ConcreteArray } from "./array.js";
import type { ClosedJaxpr } from "./closed.js";

/** A program made ready to run, any number of times. */
export interface Executable {
  run(args: readonly ConcreteArray[]): readonly ConcreteArray[];
}

export type Compiler = (program: ClosedJaxpr) => Executable;

let compiler: Compiler | undefined;
const executables = new WeakMap<ClosedJaxpr, Executable>();

/** Puts a compiler in force for programs that are compiled from now on. */
export function installCompiler(next: Compiler): void {
  compiler = next;
}

/** The executable of a program, compiled when it is first asked for. */
export function executableOf(program: ClosedJaxpr): Executable {
  let executable = executables.get(program);
  if (executable === undefined) {
    if (compiler === undefined) throw new Error("no compiler is installed: import the library by one of its public entries");
    executable = compiler(program);
    executables.set(program, executable);
  }
  return executable;
}
