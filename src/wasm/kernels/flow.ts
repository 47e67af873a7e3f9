// Counted loops and address arithmetic over i32 locals, for the kernels. Counts and addresses are unsigned.

import type { Code, Local } from "../module.js";

/** An i32 that is known when the module is built, or held in a local. */
export type Count = number | { readonly local: Local };

/** Puts a count on the stack. */
export const pushCount = (code: Code, count: Count): Code => (typeof count === "number" ? code.i32(count) : code.get(count.local));

/** `local += amount`. */
export function advance(code: Code, local: Local, amount: Count): void {
  if (amount !== 0) pushCount(code.get(local), amount).op("i32.add").set(local);
}

/** Puts `base + index · scale` on the stack. */
export function address(code: Code, base: Local, index: Local, scale: number): Code {
  if (scale === 0) return code.get(base);
  code.get(base).get(index);
  if (scale !== 1) code.i32(scale).op("i32.mul");
  return code.op("i32.add");
}

/** Runs `body` with `index` = its present value, then `step` further, while it is under `end`. */
export function countUp(code: Code, index: Local, end: Count, step: number, body: () => void): void {
  code.while(
    () => pushCount(code.get(index), end).op("i32.lt_u"),
    () => {
      body();
      advance(code, index, step);
    },
  );
}

/** Runs `body` while at least `step` remain in `count`, which goes down by `step` each time. */
export function countDown(code: Code, count: Local, step: number, body: () => void): void {
  code.while(
    () => (step === 1 ? code.get(count) : code.get(count).i32(step).op("i32.ge_u")),
    () => {
      body();
      advance(code, count, -step);
    },
  );
}

/** `target = min(a, b)` of unsigned counts. */
export function setMin(code: Code, target: Local, a: () => void, b: Count): void {
  a();
  code.set(target);
  pushCount(code.get(target), b);
  pushCount(code.get(target), b).op("i32.lt_u", "select").set(target);
}
