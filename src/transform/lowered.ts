// What `f.lower(…)` gives: the stages of a jitted function's program, from the jaxpr to the module, each as one reads it.

import type { ClosedJaxpr } from "../core/closed.js";
import { type LoopStages, type Stages, executableOf } from "../core/executable.js";

/**
 * The stages of a jitted function for some arguments. The program is there at once; the others are those of the compiled
 * program, which is compiled when the first of them is read (and then serves the calls). The reference evaluator runs the
 * program as it was traced: with it, the later stages are `undefined`.
 *
 * @example
 * const f = jit((x: NDArray) => np.tanh(x).sum());
 * const lowered = f.lower(np.ones([3]));
 * String(lowered.jaxpr); // the equations as traced
 * lowered.loops?.fused; // the loops that they become
 * console.log(String(lowered)); // everything, under headings
 */
export class Lowered {
  constructor(
    /** The program as it was traced. */
    readonly jaxpr: ClosedJaxpr,
  ) {}

  get #stages(): Stages | undefined {
    return executableOf(this.jaxpr).stages?.();
  }

  /** The program with calls opened, constants folded and equations rewritten: what the loops are made of. */
  get optimised(): ClosedJaxpr | undefined {
    return this.#stages?.optimised;
  }

  /** The loop program as text: as lowered, after fusion, and as it is emitted with the plan of memory. */
  get loops(): LoopStages | undefined {
    return this.#stages?.loops;
  }

  /** The WebAssembly module in the manner of its text format. */
  get module(): string | undefined {
    return this.#stages?.module;
  }

  /** All stages under headings. */
  toString(): string {
    const stages = this.#stages;
    const jaxpr = `# jaxpr\n${String(this.jaxpr)}`;
    if (stages === undefined) return jaxpr;
    const { optimised, loops, module } = stages;
    const later: readonly (readonly [string, string])[] = [
      ["optimised jaxpr", String(optimised)],
      ["loops, lowered", loops.lowered],
      ["loops, fused", loops.fused],
      ["loops, planned", loops.planned],
      ["module", module],
    ];
    return [jaxpr, ...later.map(([heading, text]) => `# ${heading}\n${text}`)].join("\n\n");
  }
}
