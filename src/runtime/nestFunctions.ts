// The functions of a module's nests. Nests that differ only in their buffers share one; so do flat nests that differ in
// their length as well (an optimizer's update of many leaves): its function takes the length as a parameter.

import { collapse } from "../compile/collapse.js";
import { type BufferId, type Nest, type Step, listsOf } from "../loop/ir.js";
import { numberText } from "../loop/numberText.js";
import { FunctionContext } from "../wasm/math/context.js";
import type { ModuleBuilder } from "../wasm/module.js";
import { emitFlatNest, emitNest, isFlat } from "../wasm/nest.js";
import { extentOf, parametersOf } from "../wasm/schedule.js";
import type { Machine } from "./machine.js";

/** A nest's function, and what it takes: addresses of buffers, a range of turns, and the length if it is shared by lengths. */
export interface NestFunction {
  readonly index: number;
  readonly buffers: readonly BufferId[];
  /** How many turns there are. */
  readonly extent: number;
  readonly length: number | undefined;
  /** As it is emitted: with its axes merged. */
  readonly nest: Nest;
}

/** Nests have one key exactly when one function serves them: buffers are named by the order of their parameters. */
function keyOf(nest: Nest, buffers: readonly BufferId[]): string {
  const { sizes, nodes, stores } = nest;
  return JSON.stringify([isFlat(nest) ? "flat" : sizes, nodes, stores], (name, value: unknown) => {
    if (name === "buffer") return buffers.indexOf(value as BufferId);
    return typeof value === "number" ? numberText(value) : value;
  });
}

const nestsOf = (steps: readonly Step[]): readonly Nest[] =>
  steps.flatMap((step) => (step.kind === "nest" ? [step] : listsOf(step).flatMap(nestsOf)));

export class NestFunctions {
  readonly #functions = new Map<string, number>();
  /** For each key, the length of its nests, or `undefined` where they differ. */
  readonly #lengths = new Map<string, number | undefined>();
  readonly #known = new Map<Nest, { readonly nest: Nest; readonly buffers: readonly BufferId[]; readonly key: string }>();

  constructor(
    readonly module: ModuleBuilder,
    readonly machine: Machine,
    steps: readonly Step[],
  ) {
    for (const given of nestsOf(steps)) {
      const nest = collapse(given);
      const buffers = parametersOf(nest);
      const key = keyOf(nest, buffers);
      this.#known.set(given, { nest, buffers, key });
      const [length] = nest.sizes;
      this.#lengths.set(key, this.#lengths.has(key) && this.#lengths.get(key) !== length ? undefined : length);
    }
  }

  /** The function of one of the nests, emitted when it is first asked for. */
  of(given: Nest): NestFunction {
    const known = this.#known.get(given);
    if (known === undefined) throw new TypeError("a nest that is not among the steps");
    const { nest, buffers, key } = known;
    const byLength = isFlat(nest) && this.#lengths.get(key) === undefined;
    let index = this.#functions.get(key);
    if (index === undefined) {
      const params = [...buffers, "begin", "end", ...(byLength ? ["length"] : [])].map(() => "i32" as const);
      index = this.module.function(undefined, params, [], (code) => {
        const target = { code, constants: new FunctionContext(code, this.machine.heap, this.machine.fma) };
        if (byLength) emitFlatNest(target, nest);
        else emitNest(target, nest);
      });
      this.#functions.set(key, index);
    }
    return { index, buffers, extent: extentOf(nest), length: byLength ? nest.sizes[0] : undefined, nest };
  }
}
