// Prints GFLOP/s of the structured kernels, one thread: tsx test/bench/kernels.ts [gemm] [conv] [--fused].
// A program to read, never a test: machines are noisy, only ratios within one run mean something.

import { setFlagsFromString } from "node:v8";
import { convScratchBytes, convUnits, emitConv } from "../../src/wasm/kernels/conv.js";
import type { ConvSpec } from "../../src/wasm/kernels/convGeometry.js";
import { emitInputGradient, inputGradientScratchBytes, inputGradientUnits } from "../../src/wasm/kernels/inputGradient.js";
import {
  emitKernelGradient,
  emitKernelGradientSum,
  kernelGradientPartialBytes,
  kernelGradientScratchBytes,
  kernelGradientUnits,
} from "../../src/wasm/kernels/kernelGradient.js";
import type { Epilogue } from "../../src/wasm/kernels/epilogue.js";
import { emitGemm, gemmExtent, gemmScratchBytes } from "../../src/wasm/kernels/gemm.js";
import type { GemmSpec } from "../../src/wasm/kernels/product.js";
import { bench } from "../wasm/kernels/run.js";

const fused = process.argv.includes("--fused");

// Full optimisation from the first call: the baseline compiler's code would be measured otherwise.
setFlagsFromString("--no-liftoff");
setFlagsFromString("--no-wasm-lazy-compilation");
if (fused) setFlagsFromString("--experimental-wasm-relaxed-simd");

/** Best time of a call in milliseconds, over about `budget` of them. */
export function best(run: () => void, budget = 300): number {
  let least = Infinity;
  const end = performance.now() + budget;
  for (let turn = 0; turn < 3 || performance.now() < end; turn++) {
    let calls = 1;
    for (;;) {
      const start = performance.now();
      for (let i = 0; i < calls; i++) run();
      const time = performance.now() - start;
      if (time > 0.2) {
        least = Math.min(least, time / calls);
        break;
      }
      calls *= 2;
    }
  }
  return least;
}

const random = (length: number): Float32Array => new Float32Array(length).map(() => Math.random() - 0.5);

type Layout = "nn" | "nt" | "tn";

// Bias of the column, then relu.
const biasRelu: Epilogue = {
  key: "bias, relu",
  params: ["i32"],
  emit: (code, value, { lanes, column, extras: [bias] }) => {
    code.get(value).get(bias).get(column).i32(4).op("i32.mul", "i32.add");
    if (lanes === 1) code.memory("f32.load").op("f32.add").f32(0).op("f32.max").set(value);
    else code.memory("v128.load").op("f32x4.add").f32(0).op("f32x4.splat", "f32x4.pmax").set(value);
  },
};

function gemmRow(rows: number, columns: number, depth: number, layout: Layout = "nn", epilogue?: Epilogue): void {
  const spec: GemmSpec = {
    dtype: "float32",
    rows,
    columns,
    depth,
    a: layout === "tn" ? { row: 1, column: rows } : { row: depth, column: 1 },
    b: layout === "nt" ? { row: 1, column: depth } : { row: columns, column: 1 },
    c: { row: columns, column: 1 },
    fused,
    epilogue,
  };
  const bytes = 4 * (rows * depth + depth * columns + rows * columns) + gemmScratchBytes(spec) + 4 * columns + 4096;
  const { put, space, call } = bench(bytes, (module) => emitGemm(module, spec, "gemm"));
  const [bias, a, b, c, scratch] = [
    put(random(columns)),
    put(random(rows * depth)),
    put(random(depth * columns)),
    space(rows * columns * 4),
    space(gemmScratchBytes(spec)),
  ];
  const time = best(() => call("gemm", a, b, c, scratch, 0, gemmExtent(spec), ...(epilogue === undefined ? [] : [bias])));
  const rate = (2 * rows * columns * depth) / time / 1e6;
  console.log(
    `gemm ${layout} ${rows}x${columns}x${depth}${epilogue === undefined ? "" : " +"}`.padEnd(28),
    `${(time * 1000).toFixed(2)} µs`.padStart(14),
    `${rate.toFixed(1)} GFLOP/s`.padStart(16),
  );
}

function gemms(): void {
  for (const n of [16, 32, 64, 128, 256, 512, 1024]) gemmRow(n, n, n);
  for (const layout of ["nt", "tn"] as const) for (const n of [64, 256, 1024]) gemmRow(n, n, n, layout);
  for (const [m, n, k] of [
    [32, 16, 16],
    [128, 512, 784],
  ] as const)
    gemmRow(m, n, k, "nn", biasRelu);
  // The products of the tiny and mlp benchmarks: forward, weight gradients, input gradients.
  for (const [m, n, k] of [
    [32, 16, 2],
    [32, 16, 16],
    [128, 512, 784],
    [128, 256, 512],
    [128, 10, 256],
  ] as const)
    gemmRow(m, n, k);
  for (const [m, n, k] of [
    [16, 16, 32],
    [784, 512, 128],
    [512, 256, 128],
    [256, 10, 128],
  ] as const)
    gemmRow(m, n, k, "tn");
  for (const [m, n, k] of [
    [32, 16, 16],
    [128, 512, 256],
    [128, 256, 10],
  ] as const)
    gemmRow(m, n, k, "nt");
  for (const [m, n, k] of [
    [1, 1024, 1024],
    [1024, 1, 1024],
    [1024, 4, 1024],
    [4, 1024, 1024],
    [1024, 1024, 4],
  ] as const)
    gemmRow(m, n, k);
}

// NCHW, OIHW, stride 1, no padding: as in the conv benchmark.
function convRow(batch: number, features: number, outputs: number, size: number, window: number): void {
  const places = size - window + 1;
  const strides = (sizes: readonly number[]) => ({
    outer: sizes[1] * sizes[2] * sizes[3],
    feature: sizes[2] * sizes[3],
    space: [sizes[3], 1],
  });
  const shapes = { lhs: [batch, features, size, size], rhs: [outputs, features, window, window], out: [batch, outputs, places, places] };
  const spec: ConvSpec = {
    dtype: "float32",
    batch,
    groups: 1,
    features,
    outputs,
    space: [size, size],
    window: [window, window],
    places: [places, places],
    windowStrides: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
    lhsDilation: [1, 1],
    rhsDilation: [1, 1],
    lhs: strides(shapes.lhs),
    rhs: strides(shapes.rhs),
    out: strides(shapes.out),
    fused,
  };
  const length = (shape: readonly number[]): number => shape.reduce((total, n) => total * n, 1);
  const scratchBytes = Math.max(convScratchBytes(spec), kernelGradientScratchBytes(spec), inputGradientScratchBytes(spec));
  const bytes =
    8 * (length(shapes.lhs) + length(shapes.rhs) + length(shapes.out)) + scratchBytes + kernelGradientPartialBytes(spec) + 65536;
  const { put, space, call } = bench(bytes, (module) => {
    emitConv(module, spec, "forward");
    emitKernelGradient(module, spec, "kernel");
    emitKernelGradientSum(module, spec, "sum");
    emitInputGradient(module, spec, "input");
  });
  const [lhs, rhs, dOut] = [put(random(length(shapes.lhs))), put(random(length(shapes.rhs))), put(random(length(shapes.out)))];
  const [out, dLhs, dRhs] = [space(4 * length(shapes.out)), space(4 * length(shapes.lhs)), space(4 * length(shapes.rhs))];
  const [scratch, partials] = [space(scratchBytes), space(kernelGradientPartialBytes(spec))];
  const flops = 2 * length(shapes.rhs) * batch * places * places;
  const row = (name: string, run: () => void): number => {
    const time = best(run);
    const label = `conv ${name} ${features}→${outputs} ${window}x${window} on ${size}x${size} batch ${batch}`;
    console.log(label.padEnd(50), `${time.toFixed(3)} ms`.padStart(12), `${(flops / time / 1e6).toFixed(1)} GFLOP/s`.padStart(16));
    return time;
  };
  const times = [
    row("forward", () => call("forward", lhs, rhs, out, scratch, 0, convUnits(spec))),
    row("kernel gradient", () => {
      call("kernel", lhs, dOut, partials, scratch, 0, kernelGradientUnits(spec));
      call("sum", partials, dRhs, 0, outputs);
    }),
    row("input gradient", () => call("input", dOut, rhs, dLhs, scratch, 0, inputGradientUnits(spec))),
  ];
  const total = times.reduce((sum, time) => sum + time, 0);
  console.log(
    "  all three".padEnd(50),
    `${total.toFixed(3)} ms`.padStart(12),
    `${((3 * flops) / total / 1e6).toFixed(1)} GFLOP/s`.padStart(16),
  );
}

if (!process.argv.includes("conv")) gemms();
if (!process.argv.includes("gemm")) {
  convRow(32, 1, 32, 28, 3);
  convRow(32, 32, 64, 13, 3);
  convRow(8, 64, 64, 56, 3);
  convRow(8, 64, 128, 14, 1);
}
