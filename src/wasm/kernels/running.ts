// Running folds along one axis: `(…inputs, target, begin, end)` on addresses and a range of groups of columns. Columns that lie
// side by side share vectors, a lone column goes element by element. float32 is carried in float64 and rounded at each store,
// except for maxima and minima, which are exact.

import type { Running } from "../../loop/ir.js";
import { highest, isFloat, lowest } from "../../core/dtype.js";
import type { Code, Local, ModuleBuilder } from "../module.js";
import type { Op } from "../opcodes.js";
import { type ElementType, combine, elementOf, pushNumber, vectorCombination } from "./elements.js";
import { address, advance, countDown, countUp, setMin } from "./flow.js";

/** Vectors of columns that go together: a cache line. */
const GROUP_VECTORS = 4;

const groupOf = (step: Running): number => (GROUP_VECTORS * 16) / elementOf(step.dtype).bytes;

const groupsOf = (step: Running): number => Math.ceil(step.inner / groupOf(step));

export const runningExtent = (step: Running): number => step.outer * groupsOf(step);

export const runningCost = ({ outer, size, inner }: Running): number => outer * size * inner;

/** Carries a column: its state is in locals, and each turn reads at the inputs' pointers and writes at the target's. */
interface Carrier {
  readonly columns: number;
  start(): void;
  /** `first` is the turn that a linear recurrence begins with. */
  turn(pointers: readonly Local[], first: boolean): void;
}

const combinations = { sum: "add", prod: "mul", max: "max", min: "min" } as const;

function identityOf({ fold, dtype }: Running): number {
  if (fold === "prod") return 1;
  return fold === "max" ? lowest(dtype) : fold === "min" ? highest(dtype) : 0;
}

const isWide = ({ dtype, fold }: Running): boolean => dtype === "float32" && fold !== "max" && fold !== "min";

/** One column. */
function scalarCarrier(code: Code, step: Running): Carrier {
  const element = elementOf(step.dtype);
  const wide = isWide(step);
  const held: ElementType = wide ? elementOf("float64") : element;
  const [state, x] = [code.local(held.type), code.local(held.type)];
  const load = (pointer: Local): Code => {
    code.get(pointer).memory(element.load);
    return wide ? code.op("f64.promote_f32") : code;
  };
  const write = (pointer: Local): void => {
    code.get(pointer).get(state);
    if (wide) code.op("f32.demote_f64");
    code.memory(element.store);
  };
  return {
    columns: 1,
    start: () => void pushNumber(code, held, identityOf(step)).set(state),
    turn: (pointers, first) => {
      if (step.fold === "linear") {
        if (!first)
          load(pointers[0])
            .get(state)
            .op(`${held.type as "f32" | "f64"}.mul`);
        load(pointers[1]);
        if (!first) code.op(`${held.type as "f32" | "f64"}.add`);
      } else {
        load(pointers[0]).set(x);
        combine(code, held, combinations[step.fold], state, x);
        // Elements of one byte wrap at each turn.
        if (element.bytes === 1) code.op(...wraps(code, step));
      }
      code.set(state);
      write(pointers[pointers.length - 1]);
    },
  };
}

function wraps(code: Code, { dtype }: Running): Op[] {
  if (dtype === "int8") return ["i32.extend8_s"];
  code.i32(255);
  return ["i32.and"];
}

/** `vectors` vectors of columns; the state of each is one vector, or two of float64. */
function vectorCarrier(code: Code, step: Running, vectors: number): Carrier {
  const wide = isWide(step);
  const element = elementOf(step.dtype);
  const states = Array.from({ length: vectors * (wide ? 2 : 1) }, () => code.local("v128"));
  const x = code.local("v128");
  const held = wide ? "float64" : step.dtype;
  const op = (name: "add" | "mul" | "max" | "min"): Op => vectorCombination(held, name) as Op;
  const load = (pointer: Local, v: number): void => {
    code.get(pointer);
    if (!wide) code.memory("v128.load", v * 16);
    else code.memory("v128.load64_zero", v * 8).op("f64x2.promote_low_f32x4");
  };
  const fold = (pointers: readonly Local[], state: Local, v: number, first: boolean): void => {
    if (step.fold === "linear") {
      if (!first) {
        load(pointers[0], v);
        code.get(state).op(op("mul"));
      }
      load(pointers[1], v);
      if (!first) code.op(op("add"));
    } else {
      code.get(state);
      load(pointers[0], v);
      code.op(op(combinations[step.fold]));
    }
    code.set(state);
  };
  return {
    columns: (vectors * 16) / element.bytes,
    start: () => {
      pushNumber(code, elementOf(held), identityOf(step))
        .op(splats[held] ?? "i32x4.splat")
        .set(x);
      for (const state of states) code.get(x).set(state);
    },
    turn: (pointers, first) => {
      states.forEach((state, v) => fold(pointers, state, v, first));
      const target = pointers[pointers.length - 1];
      for (let v = 0; v < vectors; v++) {
        code.get(target);
        if (!wide) code.get(states[v]);
        else {
          code
            .get(states[2 * v])
            .op("f32x4.demote_f64x2_zero")
            .get(states[2 * v + 1])
            .op("f32x4.demote_f64x2_zero");
          code.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
        }
        code.memory("v128.store", v * 16);
      }
    },
  };
}

const splats: Readonly<Partial<Record<string, Op>>> = { float32: "f32x4.splat", float64: "f64x2.splat" };

/** Emits `(…pointers)`: runs the fold from the pointers' first elements to the end of the axis. */
function emitColumns(module: ModuleBuilder, step: Running, make: (code: Code) => Carrier): number {
  const params = [...step.inputs, step.target].map(() => "i32" as const);
  const bytes = step.inner * elementOf(step.dtype).bytes * (step.reverse ? -1 : 1);
  return module.function(undefined, params, [], (code) => {
    const pointers = params.map((_, i) => i);
    const left = code.local("i32");
    const carrier = make(code);
    const next = (): void => pointers.forEach((pointer) => advance(code, pointer, bytes));
    carrier.start();
    code.i32(step.size).set(left);
    if (step.fold === "linear") {
      carrier.turn(pointers, true);
      next();
      advance(code, left, -1);
    }
    countDown(code, left, 1, () => {
      carrier.turn(pointers, false);
      next();
    });
  });
}

export function emitRunning(module: ModuleBuilder, step: Running): number {
  const { size, inner, reverse } = step;
  const element = elementOf(step.dtype);
  const vectors = element.bytes === 1 ? [] : [GROUP_VECTORS, 1].filter((n) => n * 16 <= inner * element.bytes);
  const widths = [...vectors.map((n) => (n * 16) / element.bytes), 1];
  const functions = [
    ...vectors.map((n) => emitColumns(module, step, (code) => vectorCarrier(code, step, n))),
    emitColumns(module, step, (code) => scalarCarrier(code, step)),
  ];
  const rows = [...step.inputs, { offset: 0 }];
  const [BEGIN, END] = [rows.length, rows.length + 1];
  const groups = groupsOf(step);
  const group = groupOf(step);
  return module.function(
    undefined,
    [...rows, BEGIN, END].map(() => "i32" as const),
    [],
    (code) => {
      const [offset, column, count] = [code.local("i32"), code.local("i32"), code.local("i32")];
      countUp(code, BEGIN, { local: END }, 1, () => {
        code.get(BEGIN).i32(groups).op("i32.rem_u").i32(group).op("i32.mul").set(column);
        setMin(code, count, () => code.i32(inner).get(column).op("i32.sub"), group);
        code.get(BEGIN).i32(groups).op("i32.div_u").i32(size).op("i32.mul");
        if (reverse) code.i32(size - 1).op("i32.add");
        code.i32(inner).op("i32.mul").get(column).op("i32.add").i32(element.bytes).op("i32.mul").set(offset);
        functions.forEach((index, k) =>
          countDown(code, count, widths[k], () => {
            rows.forEach((row, i) =>
              address(code, i, offset, 1)
                .i32(row.offset * element.bytes)
                .op("i32.add"),
            );
            code.call(index);
            advance(code, offset, widths[k] * element.bytes);
          }),
        );
      });
    },
  );
}

/** Whether running folds of the dtype can be emitted. */
export const supportsRunning = ({ fold, dtype }: Pick<Running, "fold" | "dtype">): boolean =>
  dtype !== "bool" && (fold !== "linear" || isFloat(dtype));
