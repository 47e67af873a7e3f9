// Effects: equations that run for what they do, not for what they give (a print). Passes keep them, once and in order.
// A compiled program works on memory that another call would overwrite, so the user's callbacks wait until it has ended.

import { innerPrograms } from "./check.js";
import { ClosedJaxpr } from "./closed.js";
import type { Equation, Jaxpr } from "./jaxpr.js";
import type { Params } from "./primitive.js";

const found = new WeakMap<Jaxpr, boolean>();

/** Whether a program has an equation with an effect, inside of calls and loops too. */
export function hasEffects(jaxpr: Jaxpr): boolean {
  let answer = found.get(jaxpr);
  if (answer === undefined) found.set(jaxpr, (answer = jaxpr.equations.some(hasEffect)));
  return answer;
}

/** Whether an equation has an effect, itself or by a program inside of it (only custom derivatives have programs). */
export const hasEffect = ({ primitive, params }: Pick<Equation, "primitive" | "params">): boolean =>
  primitive.hasEffect === true || (primitive.derivative.tag === "custom" && innerPrograms(params).some(hasEffects));

/** The program without its effects, inside of calls and loops too: for what is computed again. */
export const withoutEffects = (closed: ClosedJaxpr): ClosedJaxpr =>
  hasEffects(closed.jaxpr) ? new ClosedJaxpr(silent(closed.jaxpr), closed.consts) : closed;

function silent(jaxpr: Jaxpr): Jaxpr {
  const kept = jaxpr.equations.filter(({ primitive }) => primitive.hasEffect !== true);
  return { ...jaxpr, equations: kept.map((e) => (hasEffect(e) ? { ...e, params: silentParams(e.params) } : e)) };
}

const silentParams = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).map(([name, value]: [string, unknown]) => [name, silentValue(value)]));

function silentValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(silentValue);
  return value instanceof ClosedJaxpr ? withoutEffects(value) : value;
}

let running = 0;
const waiting: (() => void)[] = [];

/** Runs a callback of the user's: at once, or when the compiled program that asks for it has ended. */
export function deliver(callback: () => void): void {
  if (running > 0) waiting.push(callback);
  else callback();
}

/** Runs a compiled program; then the callbacks that it asked for, in order, also when it fails. */
export function deferring<T>(run: () => T): T {
  running++;
  try {
    return run();
  } finally {
    running--;
    if (running === 0) for (const callback of waiting.splice(0)) callback();
  }
}
