import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasRelaxedSimd } from "../../../src/runtime/engine.js";
import type { Epilogue } from "../../../src/wasm/kernels/epilogue.js";
import { emitGemm, gemmExtent, gemmScratchBytes } from "../../../src/wasm/kernels/gemm.js";
import type { GemmSpec, Strides } from "../../../src/wasm/kernels/product.js";
import { ModuleBuilder } from "../../../src/wasm/module.js";
import { type Floats, bench } from "./run.js";

const floats = (dtype: GemmSpec["dtype"], length: number): Floats =>
  dtype === "float32" ? new Float32Array(length) : new Float64Array(length);

/** How many elements the strides reach. */
const reach = (rows: number, columns: number, { row, column }: Strides): number =>
  rows * columns === 0 ? 0 : (rows - 1) * Math.abs(row) + (columns - 1) * Math.abs(column) + 1;

/** Index of element (0, 0): not the first in memory where rows run backwards. */
const origin = (rows: number, { row }: Strides): number => (row < 0 ? Math.max(0, rows - 1) * -row : 0);

function drawn(dtype: GemmSpec["dtype"], length: number, seed: number): Floats {
  let state = (seed * 2654435761) >>> 0;
  return floats(dtype, length).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

// bias of the column, residual at the element's own place, a mark of the row, then relu: what an epilogue can reach.
const touch = ({ dtype, c }: Pick<GemmSpec, "dtype" | "c">): Epilogue => ({
  key: `touch ${dtype}`,
  params: ["i32", "i32"],
  emit: (code, value, { lanes, row, column, target, extras: [bias, residual] }) => {
    const single = dtype === "float32";
    const bytes = single ? 4 : 8;
    const vector = single ? "f32x4" : "f64x2";
    const type = single ? "f32" : "f64";
    const [add, max] = lanes === 1 ? ([`${type}.add`, `${type}.max`] as const) : ([`${vector}.add`, `${vector}.max`] as const);
    const load = lanes === 1 ? (`${type}.load` as const) : "v128.load";
    const splat = (): void => void (lanes > 1 && code.op(`${vector}.splat`));
    expect(c.row).toBeDefined();
    code.get(value).get(bias).get(column).i32(bytes).op("i32.mul", "i32.add").memory(load).op(add);
    code.get(residual).get(target).op("i32.add").memory(load).op(add);
    code.get(row).op(single ? "f32.convert_i32_s" : "f64.convert_i32_s");
    splat();
    code.op(add);
    if (single) code.f32(0.25);
    else code.f64(0.25);
    splat();
    code.op(max).set(value);
  },
});

interface Case {
  readonly spec: GemmSpec;
  readonly cuts: readonly number[];
  readonly seed: number;
}

interface Outcome {
  readonly whole: Floats;
  readonly split: Floats;
  readonly expected: Float64Array;
  readonly scale: number;
}

function reference(spec: GemmSpec, a: Floats, b: Floats, c: Floats, bias: Floats, residual: Floats): Float64Array {
  const out = Float64Array.from(c);
  const [oa, ob] = [origin(spec.rows, spec.a), origin(spec.depth, spec.b)];
  for (let i = 0; i < spec.rows; i++) {
    for (let j = 0; j < spec.columns; j++) {
      const at = i * spec.c.row + j * spec.c.column;
      let sum = spec.accumulate === true ? c[at] : 0;
      for (let k = 0; k < spec.depth; k++) sum += a[oa + i * spec.a.row + k * spec.a.column] * b[ob + k * spec.b.row + j * spec.b.column];
      out[at] = spec.epilogue === undefined ? sum : Math.max(sum + bias[j] + residual[at] + i, 0.25);
    }
  }
  return out;
}

function run({ spec, cuts, seed }: Case): Outcome {
  const { dtype, rows, columns, depth } = spec;
  const a = drawn(dtype, reach(rows, depth, spec.a), seed + 1);
  const b = drawn(dtype, reach(depth, columns, spec.b), seed + 2);
  const c = drawn(dtype, reach(rows, columns, spec.c), seed + 3);
  const bias = drawn(dtype, columns, seed + 4);
  const residual = drawn(dtype, c.length, seed + 5);
  const bytes = [a, b, c, c, c, bias].reduce((sum, { byteLength }) => sum + byteLength + 256, gemmScratchBytes(spec) + 4096);
  const { memory, space, put, call } = bench(bytes, (module) => emitGemm(module, spec, "gemm"));
  const size = a.BYTES_PER_ELEMENT;
  const [pa, pb, pbias, presidual, scratch] = [
    put(a) + size * origin(rows, spec.a),
    put(b) + size * origin(depth, spec.b),
    put(bias),
    put(residual),
    space(gemmScratchBytes(spec)),
  ];
  const extent = gemmExtent(spec);
  const results = [[], cuts].map((inner) => {
    const pc = put(c);
    const at = [0, ...inner.map((cut) => Math.min(cut, extent)).toSorted((x, y) => x - y), extent];
    const extras = spec.epilogue === undefined ? [] : [pbias, presidual - pc];
    for (let i = 0; i + 1 < at.length; i++) call("gemm", pa, pb, pc, scratch, at[i], at[i + 1], ...extras);
    const view = dtype === "float32" ? new Float32Array(memory.buffer, pc, c.length) : new Float64Array(memory.buffer, pc, c.length);
    return view.slice();
  });
  return { whole: results[0], split: results[1], expected: reference(spec, a, b, c, bias, residual), scale: depth + 3 };
}

function check(tried: Case): void {
  const { whole, split, expected, scale } = run(tried);
  const bound = scale * (tried.spec.dtype === "float32" ? 2 ** -23 : 2 ** -52) * (tried.spec.rows + 4);
  let worst = 0;
  // Math.max keeps a NaN, which no bound admits.
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(whole[i] - expected[i]));
  expect(worst).toBeLessThanOrEqual(bound);
  expect(Buffer.compare(Buffer.from(split.buffer), Buffer.from(whole.buffer))).toBe(0);
}

const layouts = ["rows", "columns", "spread", "repeated", "backwards"] as const;

// Strides of a matrix whose rows, columns, or neither are adjacent, whose rows are all one, or run backwards.
function strides(rows: number, columns: number, layout: (typeof layouts)[number], gap: number): Strides {
  if (layout === "rows") return { row: columns + gap, column: 1 };
  if (layout === "columns") return { row: 1, column: rows + gap };
  if (layout === "repeated") return { row: 0, column: 1 };
  if (layout === "backwards") return { row: -(columns + gap), column: 1 };
  return { row: (columns + gap) * 2, column: 2 };
}

const size = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 40 }), fc.constantFrom(8, 16, 32, 64, 97));

const cases = fc
  .record({
    dtype: fc.constantFrom("float32" as const, "float64" as const),
    rows: size,
    columns: size,
    depth: fc.oneof(size, fc.constantFrom(320, 330)),
    layouts: fc.tuple(
      fc.constantFrom(...layouts),
      fc.constantFrom(...layouts),
      fc.constantFrom("rows" as const, "rows" as const, "spread" as const),
    ),
    gap: fc.constantFrom(0, 0, 1, 3),
    accumulate: fc.boolean(),
    epilogue: fc.boolean(),
    cuts: fc.array(fc.nat(40), { maxLength: 3 }),
    seed: fc.nat(1000),
  })
  .map(({ dtype, rows, columns, depth, layouts: [la, lb, lc], gap, accumulate, epilogue, cuts, seed }): Case => {
    const c = strides(rows, columns, lc, gap);
    return {
      cuts,
      seed,
      spec: {
        dtype,
        rows,
        columns,
        depth,
        a: strides(rows, depth, la, gap),
        b: strides(depth, columns, lb, gap),
        c,
        accumulate,
        epilogue: epilogue ? touch({ dtype, c }) : undefined,
      },
    };
  });

const plain = (rows: number, columns: number, depth: number): GemmSpec => ({
  dtype: "float32",
  rows,
  columns,
  depth,
  a: { row: depth, column: 1 },
  b: { row: columns, column: 1 },
  c: { row: columns, column: 1 },
});

describe("emitGemm", () => {
  it("agrees with plain loops for any shape, strides and epilogue, with the same bits for every split", () => {
    fc.assert(fc.property(cases, check), { numRuns: 300 });
  });

  it.each([
    [14, 530, 340],
    [1, 300, 3000],
    [300, 1, 3000],
    [5, 1000, 300],
    [64, 520, 17],
    [3, 33, 2],
  ])("crosses the borders of blocks: %i×%i×%i", (rows, columns, depth) => {
    const spec = plain(rows, columns, depth);
    for (const epilogue of [undefined, touch(spec)]) {
      for (const b of [spec.b, { row: 1, column: depth }]) check({ spec: { ...spec, b, epilogue }, cuts: [rows >> 1, 7, 64], seed: 1 });
    }
  });

  it("keeps its promises with relaxed multiply-add, where the engine has it", () => {
    expect(hasRelaxedSimd()).toBe(true);
    const spec = { ...plain(13, 21, 70), fused: true };
    const builder = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
    emitGemm(builder, spec, "gemm");
    if (!WebAssembly.validate(builder.build())) return;
    for (const [rows, columns, depth] of [
      [13, 21, 70],
      [40, 50, 400],
      [1, 70, 90],
      [70, 1, 90],
    ] as const) {
      check({ spec: { ...plain(rows, columns, depth), fused: true }, cuts: [5, 22], seed: 7 });
    }
  });

  it("shares functions between the products of a module without mixing them up", () => {
    const shapes = [
      [20, 30, 40],
      [20, 31, 40],
      [3, 30, 40],
      [1, 30, 40],
      [20, 1, 40],
    ] as const;
    const specs = shapes.flatMap(([m, n, k]) => {
      const spec = plain(m, n, k);
      return [spec, { ...spec, b: { row: 1, column: k } }, { ...spec, a: { row: 1, column: m } }, { ...spec, accumulate: true }, spec];
    });
    const { memory, space, put, call } = bench(1 << 17, (module) => {
      for (const [index, spec] of specs.entries()) {
        const inner = emitGemm(module, spec);
        module.function(`gemm${index}`, ["i32", "i32", "i32", "i32"], [], (code) => {
          for (let param = 0; param < 4; param++) code.get(param);
          code.i32(0).i32(gemmExtent(spec)).call(inner);
        });
      }
    });
    const [a, b, none] = [drawn("float32", 20 * 40, 1), drawn("float32", 40 * 31, 2), drawn("float32", 0, 3)];
    const [pa, pb, pc, scratch] = [put(a), put(b), space(20 * 31 * 4), space(Math.max(...specs.map(gemmScratchBytes)))];
    for (const [index, spec] of specs.entries()) {
      const c = new Float32Array(memory.buffer, pc, spec.rows * spec.columns).fill(0.5);
      call(`gemm${index}`, pa, pb, pc, scratch);
      const expected = reference(spec, a, b, new Float32Array(c.length).fill(0.5), none, none);
      expect(Math.max(...expected.map((x, i) => Math.abs(x - c[i])))).toBeLessThan(1e-5);
    }
  });

  it("leaves the gaps between the rows of a result alone", () => {
    const spec = { ...plain(6, 5, 7), c: { row: 9, column: 1 } };
    const { whole, expected } = run({ spec, cuts: [], seed: 3 });
    for (let i = 0; i < 6; i++) for (let j = 5; j < 9 && i * 9 + j < whole.length; j++) expect(whole[i * 9 + j]).toBe(expected[i * 9 + j]);
  });
});
