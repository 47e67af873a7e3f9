import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convScratchBytes, convTakesEpilogue, convUnits, emitConv } from "../../../src/wasm/kernels/conv.js";
import type { ConvSpec, TensorStrides } from "../../../src/wasm/kernels/convGeometry.js";
import { emitInputGradient, inputGradientScratchBytes, inputGradientUnits } from "../../../src/wasm/kernels/inputGradient.js";
import {
  emitKernelGradient,
  emitKernelGradientSum,
  kernelGradientPartialBytes,
  kernelGradientScratchBytes,
  kernelGradientUnits,
} from "../../../src/wasm/kernels/kernelGradient.js";
import { type Floats, bench } from "./run.js";

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

// Every index of a box, in order.
function* indices(sizes: readonly number[]): Generator<readonly number[]> {
  const [size, ...inner] = sizes;
  if (size === undefined) return yield [];
  for (let i = 0; i < size; i++) for (const rest of indices(inner)) yield [i, ...rest];
}

/** Dense strides of axes (outer, feature, ...space) laid out in the order given. */
function layOut(sizes: readonly number[], order: readonly number[]): TensorStrides {
  const strides = sizes.map(() => 1);
  let step = 1;
  for (const axis of order.toReversed()) {
    strides[axis] = step;
    step *= sizes[axis];
  }
  const [outer, feature, ...space] = strides;
  return { outer, feature, space };
}

const offset = ({ outer, feature, space }: TensorStrides, o: number, f: number, at: readonly number[]): number =>
  at.reduce((sum, x, d) => sum + x * space[d], o * outer + f * feature);

type Visit = (lhs: number, rhs: number, out: number) => void;

// Every product that the convolution sums, by the offsets of its two factors and of its sum.
function visit(spec: ConvSpec, each: Visit): void {
  const { batch, groups, features, outputs, space, window, places } = spec;
  for (const [n, g, o, i] of indices([batch, groups, outputs, features])) {
    for (const p of indices(places)) {
      for (const k of indices(window)) {
        const y = p.map((x, d) => x * spec.windowStrides[d] + k[d] * spec.rhsDilation[d] - spec.padding[d][0]);
        if (y.some((x, d) => x < 0 || x % spec.lhsDilation[d] !== 0 || x / spec.lhsDilation[d] >= space[d])) continue;
        const x = y.map((at, d) => at / spec.lhsDilation[d]);
        each(offset(spec.lhs, n, g * features + i, x), offset(spec.rhs, g * outputs + o, i, k), offset(spec.out, n, g * outputs + o, p));
      }
    }
  }
}

function drawn(spec: ConvSpec, length: number, seed: number): Floats {
  let state = (seed * 2654435761) >>> 0;
  const values = spec.dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
  return values.map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const sizesOf = ({ batch, groups, features, outputs, space, window, places }: ConvSpec) => ({
  lhs: batch * groups * features * product(space),
  rhs: groups * outputs * features * product(window),
  out: batch * groups * outputs * product(places),
});

function close(spec: ConvSpec, got: Floats, expected: Float64Array, terms: number): void {
  const bound = 4 * (terms + 4) * (spec.dtype === "float32" ? 2 ** -24 : 2 ** -53);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) worst = Math.max(worst, Math.abs(got[i] - expected[i]));
  expect(worst).toBeLessThanOrEqual(bound);
}

const same = (a: Floats, b: Floats): boolean => Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0;

// Calls over all units at once, and cut in two; both results.
function twice(units: number, run: (cuts: readonly number[]) => Floats, cut: number): Floats {
  const whole = run([0, units]);
  const split = run([0, Math.min(cut, units), units]);
  expect(same(whole, split)).toBe(true);
  return whole;
}

function check(spec: ConvSpec, cut: number): void {
  const sizes = sizesOf(spec);
  const [lhs, rhs, dOut] = [drawn(spec, sizes.lhs, 1), drawn(spec, sizes.rhs, 2), drawn(spec, sizes.out, 3)];
  const scratchBytes = Math.max(convScratchBytes(spec), kernelGradientScratchBytes(spec), inputGradientScratchBytes(spec));
  const total = scratchBytes + kernelGradientPartialBytes(spec) + 3 * (lhs.byteLength + rhs.byteLength + dOut.byteLength) + 65536;
  const { memory, space, put, call } = bench(total, (module) => {
    emitConv(module, spec, "forward");
    emitKernelGradient(module, spec, "kernel");
    emitKernelGradientSum(module, spec, "kernelSum");
    emitInputGradient(module, spec, "input");
  });
  const [pLhs, pRhs, pOut, scratch] = [put(lhs), put(rhs), put(dOut), space(scratchBytes)];
  const target = space(Math.max(lhs.byteLength, rhs.byteLength, dOut.byteLength));
  const partials = space(kernelGradientPartialBytes(spec));
  const read = (length: number): Floats =>
    spec.dtype === "float32"
      ? new Float32Array(memory.buffer, target, length).slice()
      : new Float64Array(memory.buffer, target, length).slice();
  const over = (name: string, x: number, y: number, z: number) => (cuts: readonly number[]) => {
    new Uint8Array(memory.buffer).fill(0x55, target, target + Math.max(lhs.byteLength, rhs.byteLength, dOut.byteLength));
    for (let i = 0; i + 1 < cuts.length; i++) call(name, x, y, z, scratch, cuts[i], cuts[i + 1]);
  };
  const [out, dRhs, dLhs] = [sizes.out, sizes.rhs, sizes.lhs].map((size) => new Float64Array(size));
  visit(spec, (l, r, o) => {
    out[o] += lhs[l] * rhs[r];
    dRhs[r] += lhs[l] * dOut[o];
    dLhs[l] += rhs[r] * dOut[o];
  });
  const forward = over("forward", pLhs, pRhs, target);
  const gotOut = twice(convUnits(spec), (cuts) => (forward(cuts), read(sizes.out)), cut);
  close(spec, gotOut, out, spec.features * product(spec.window));
  const input = over("input", pOut, pRhs, target);
  const gotLhs = twice(inputGradientUnits(spec), (cuts) => (input(cuts), read(sizes.lhs)), cut);
  close(spec, gotLhs, dLhs, spec.outputs * product(spec.window));
  const kernel = over("kernel", pLhs, pOut, partials);
  const outputs = spec.groups * spec.outputs;
  const gotRhs = twice(
    kernelGradientUnits(spec),
    (cuts) => {
      kernel(cuts);
      call("kernelSum", partials, target, 0, outputs >> 1);
      call("kernelSum", partials, target, outputs >> 1, outputs);
      return read(sizes.rhs);
    },
    cut,
  );
  close(spec, gotRhs, dRhs, spec.batch * product(spec.places));
}

const axis = fc.record({
  space: fc.integer({ min: 1, max: 11 }),
  window: fc.integer({ min: 1, max: 4 }),
  stride: fc.constantFrom(1, 1, 2, 3),
  low: fc.integer({ min: -1, max: 3 }),
  high: fc.integer({ min: -1, max: 3 }),
  lhsDilation: fc.constantFrom(1, 1, 1, 2),
  rhsDilation: fc.constantFrom(1, 1, 1, 2),
});

const permutation = (rank: number) =>
  fc.shuffledSubarray(
    Array.from({ length: rank }, (_, i) => i),
    { minLength: rank },
  );

const specs = fc
  .record({
    dtype: fc.constantFrom("float32" as const, "float32" as const, "float64" as const),
    batch: fc.integer({ min: 1, max: 3 }),
    groups: fc.constantFrom(1, 1, 2, 3),
    features: fc.integer({ min: 1, max: 5 }),
    outputs: fc.integer({ min: 1, max: 9 }),
    axes: fc.array(axis, { minLength: 1, maxLength: 2 }),
    natural: fc.boolean(),
  })
  .chain((drawnSpec) => {
    const rank = drawnSpec.axes.length + 2;
    const order = drawnSpec.natural ? fc.constant(Array.from({ length: rank }, (_, i) => i)) : permutation(rank);
    return fc.tuple(fc.constant(drawnSpec), order, order, order);
  })
  .map(([{ axes, batch, groups, features, outputs, dtype }, lhsOrder, rhsOrder, outOrder]): ConvSpec => {
    const space = axes.map((a) => a.space);
    const window = axes.map((a) => a.window);
    const padded = axes.map((a) => (a.space - 1) * a.lhsDilation + 1 + a.low + a.high);
    const places = axes.map((a, d) => Math.floor((padded[d] - (a.window - 1) * a.rhsDilation - 1) / a.stride) + 1);
    return {
      dtype,
      batch,
      groups,
      features,
      outputs,
      space,
      window,
      places,
      windowStrides: axes.map((a) => a.stride),
      padding: axes.map((a) => [a.low, a.high] as const),
      lhsDilation: axes.map((a) => a.lhsDilation),
      rhsDilation: axes.map((a) => a.rhsDilation),
      lhs: layOut([batch, groups * features, ...space], lhsOrder),
      rhs: layOut([groups * outputs, features, ...window], rhsOrder),
      out: layOut([batch, groups * outputs, ...places], outOrder),
    };
  })
  .filter(({ places }) => places.every((size) => size > 0));

const square = (batch: number, features: number, outputs: number, size: number): ConvSpec => ({
  dtype: "float32",
  batch,
  groups: 1,
  features,
  outputs,
  space: [size, size],
  window: [3, 3],
  places: [size - 2, size - 2],
  windowStrides: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  lhsDilation: [1, 1],
  rhsDilation: [1, 1],
  lhs: layOut([batch, features, size, size], [0, 1, 2, 3]),
  rhs: layOut([outputs, features, 3, 3], [0, 1, 2, 3]),
  out: layOut([batch, outputs, size - 2, size - 2], [0, 1, 2, 3]),
});

describe("convolution and its gradients", () => {
  it("agree with plain loops for any shape, padding, dilation, groups and order of axes, with the same bits for every split", () => {
    fc.assert(fc.property(specs, fc.nat(9), check), { numRuns: 150 });
  });

  it("cross the borders of blocks", () => {
    check(square(9, 36, 4, 5), 4);
    check(square(1, 2, 330, 5), 1);
    check(square(1, 1, 4, 27), 1);
    check(square(1, 32, 64, 5), 3);
  });

  it("run the epilogue with the output feature as row and the place as column", () => {
    const spec: ConvSpec = {
      ...square(2, 2, 5, 9),
      epilogue: {
        key: "factor, row, column",
        params: ["f32"],
        emit: (code, value, { lanes, row, column, extras: [factor] }) => {
          // value · factor + row + 16 · (first column of the vector), the same for all its lanes.
          const push = (): void => {
            code.get(column).i32(-4).op("i32.and").i32(16).op("i32.mul").get(row).op("i32.add", "f32.convert_i32_s");
          };
          if (lanes === 1) {
            code.get(value).get(factor).op("f32.mul");
            push();
            code.op("f32.add").set(value);
          } else {
            code.get(value).get(factor).op("f32x4.splat", "f32x4.mul");
            push();
            code.op("f32x4.splat", "f32x4.add").set(value);
          }
        },
      },
    };
    expect(convTakesEpilogue(spec)).toBe(true);
    const sizes = sizesOf(spec);
    const [lhs, rhs] = [drawn(spec, sizes.lhs, 1), drawn(spec, sizes.rhs, 2)];
    const { memory, space, put, call } = bench(1 << 20, (module) => emitConv(module, spec, "forward"));
    const [pLhs, pRhs, target, scratch] = [put(lhs), put(rhs), space(sizes.out * 4), space(convScratchBytes(spec))];
    call("forward", pLhs, pRhs, target, scratch, 0, convUnits(spec), 2);
    const expected = new Float64Array(sizes.out);
    visit(spec, (l, r, o) => void (expected[o] += 2 * lhs[l] * rhs[r]));
    for (const [n, o, p] of indices([2, 5, 49])) expected[(n * 5 + o) * 49 + p] += o + 16 * (p & -4);
    close(spec, new Float32Array(memory.buffer, target, sizes.out), expected, 2000);
  });
});
