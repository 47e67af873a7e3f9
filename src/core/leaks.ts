// Traced arrays that outlive their transform: noted by weak references when they are made, looked at after a collection.

import { debugSettings } from "./debug.js";
import { OptionError } from "./errors.js";

/** What is noted of a traced array. */
export interface Noted {
  readonly trace: { readonly live: boolean };
  leakText(): string;
}

let noted: WeakRef<Noted>[] = [];

/** Notes a traced array. */
export const noteTracer = (tracer: Noted): void => void noted.push(new WeakRef(tracer));

/** Weak references hold what they were asked for until the event loop turns. */
const turn = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

/**
 * The traced arrays, made since `setDebug({ checkTracerLeaks: true })`, that something still holds although their transform has
 * ended: a variable or a list outside of the transformed function. Each line says what it is, and where it was made. Such an
 * array is of no use (using it throws), and keeps what it was made from in memory.
 *
 * Only the engine knows what is reachable, so it needs the garbage collector: `node --expose-gc`.
 *
 * @throws OptionError unless `checkTracerLeaks` is on and the garbage collector can be called.
 * @example
 * setDebug({ checkTracerLeaks: true });
 * const kept: NDArray[] = [];
 * jit((x: NDArray) => { kept.push(x.mul(2)); return x; })(np.ones([3]));
 * await findTracerLeaks(); // ["float32[3], made in jit of an anonymous function, at ..."]
 */
export async function findTracerLeaks(): Promise<readonly string[]> {
  const collect: unknown = Reflect.get(globalThis, "gc");
  if (!debugSettings.checkTracerLeaks || typeof collect !== "function") {
    throw new OptionError({
      op: "findTracerLeaks",
      expected: "checkTracerLeaks on, and a garbage collector that can be called",
      received: debugSettings.checkTracerLeaks ? "no globalThis.gc" : "checkTracerLeaks off",
      remedy: "call setDebug({ checkTracerLeaks: true }) before the transforms, and run node with --expose-gc",
    });
  }
  for (let i = 0; i < 2; i++) {
    await turn();
    collect();
  }
  noted = noted.filter((reference) => reference.deref() !== undefined);
  const lines = noted.flatMap((reference) => {
    const tracer = reference.deref();
    return tracer === undefined || tracer.trace.live ? [] : [tracer.leakText()];
  });
  // One value is several traced arrays where transforms are nested.
  return [...new Set(lines)];
}
