// Convolutions through the fused evaluator, against the reference evaluator. Elements are small integers, so that every sum
// is exact in float32 and both must agree to the last bit, in any order of summation; that one thread and two give the same
// bits is asked of fractions, whose sums do depend on the order.

import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ConcreteArray, type NDArray } from "../../src/core/array.js";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import { type ConvForm, cheapestForm } from "../../src/compile/convForms.js";
import { convForms } from "../../src/compile/conv.js";
import { fuse } from "../../src/compile/fuse.js";
import { type Target, lower } from "../../src/compile/lowering.js";
import { rules } from "../../src/compile/rules.js";
import { interpret } from "../../src/interpret/evaluator.js";
import * as lax from "../../src/lax/index.js";
import { checkLoops } from "../../src/loop/check.js";
import { runLoops } from "../../src/loop/interpret.js";
import { primitives } from "../../src/primitives.js";
import type { LoopProgram } from "../../src/loop/ir.js";
import * as nn from "../../src/nn/index.js";
import * as np from "../../src/numpy/index.js";
import * as optim from "../../src/optim/index.js";
import { type Machine, makeMachine, wasmCompiler } from "../../src/runtime/compiler.js";
import { grad, valueAndGrad } from "../../src/transform/grad.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { vmap } from "../../src/transform/vmap.js";
import { supportsVector } from "../../src/wasm/vector.js";
import { runs } from "../property/settings.js";
import { type ConvCase, convCases } from "./convCases.js";

const target: Target = { rule: (name) => rules.get(name), supports: supportsVector };

let one: Machine;
let two: Machine;

beforeAll(async () => {
  one = makeMachine(1, 0);
  two = makeMachine(2, 0);
  while (two.pool !== undefined && two.pool.active < 2) await new Promise((resolve) => setTimeout(resolve, 2));
});

type F = (...xs: NDArray[]) => NDArray | readonly NDArray[];

const programOf = (f: F, xs: readonly NDArray[]): ClosedJaxpr =>
  makeJaxpr((...args: NDArray[]): NDArray[] => {
    const out = f(...args);
    return Array.isArray(out) ? [...(out as readonly NDArray[])] : [out as NDArray];
  })(...xs);

const concrete = (x: NDArray): ConcreteArray => {
  if (x instanceof ConcreteArray) return x;
  throw new TypeError("not a concrete array");
};

const loopsOf = (closed: ClosedJaxpr): LoopProgram => checkLoops(fuse(checkLoops(lower(closed, target).program)));

const onHost = ({ steps }: LoopProgram): string[] => steps.flatMap((step) => (step.kind === "host" ? [step.equation.primitive.name] : []));

/** −0 and 0 are one number here: reference sums start from 0, others may not. */
const values = (xs: readonly ConcreteArray[]): number[][] => xs.map((x) => Array.from(x.data, (v) => v + 0));

/** Both machines against the reference, exactly where elements are integers, and each other. */
function expectFused(f: F, integers: readonly NDArray[]): void {
  const closed = programOf(f, integers);
  expect(onHost(loopsOf(closed))).toEqual([]);
  const [first, second] = [one, two].map((machine) => wasmCompiler(machine)(closed));
  const args = integers.map(concrete);
  const expected = values(interpret(closed).run(args));
  expect(values(first.run(args))).toEqual(expected);
  const fractions = args.map((x) => concrete(x.mul(0.37).add(0.001)));
  expect(second.run(fractions).map((x) => x.data)).toEqual(first.run(fractions).map((x) => x.data));
}

const integersOf = (shape: readonly number[], seed: number, dtype: "float32" | "float64" = "float32"): NDArray => {
  const size = shape.reduce((n, s) => n * s, 1);
  return np
    .array(Float32Array.from({ length: size }, (_, i) => (((Math.imul(i + 1, 2654435761) >>> 8) + seed * 3 + i) % 7) - 3))
    .reshape(shape)
    .astype(dtype);
};

const cases = convCases(["float32", "float32", "float64"]);

type Case = ConvCase<"float32" | "float64">;

const each = (property: (c: Case, x: NDArray, w: NDArray) => void, suite = 25): void =>
  fc.assert(
    fc.property(cases, (c) => property(c, integersOf(c.lhs, 1, c.dtype), integersOf(c.rhs, 2, c.dtype))),
    runs(suite, 500),
  );

const conv =
  ({ options }: Case): ((x: NDArray, w: NDArray) => NDArray) =>
  (x, w) =>
    lax.convGeneralDilated(x, w, options);

const floatOf = ({ dtype }: NDArray): "float32" | "float64" => (dtype === "float64" ? "float64" : "float32");

/** A function of a convolution whose gradients are integers, and differ from place to place. */
const weighted = (y: NDArray): NDArray => y.mul(integersOf(y.shape, 5, floatOf(y))).sum();

describe("convolutions", () => {
  it("forward", () => each((c, x, w) => expectFused(conv(c), [x, w])));

  it("gradients by both operands", () =>
    each((c, x, w) =>
      expectFused(
        (a, b) => grad((p: NDArray, q: NDArray) => weighted(conv(c)(p, q)), { argnums: [0, 1] })(a, b) as readonly NDArray[],
        [x, w],
      ),
    ));

  it("second order", () =>
    each((c, x, w) => {
      const along = (a: NDArray, b: NDArray): NDArray =>
        grad((p: NDArray) => weighted(conv(c)(p, b)))(a)
          .mul(integersOf(x.shape, 4, c.dtype))
          .sum();
      expectFused((a, b) => grad((p: NDArray, q: NDArray) => along(p, q), { argnums: 1 })(a, b), [x, w]);
    }, 30));

  it("vmapped over either operand and both", () =>
    each((c, x, w) => {
      const stacked = (y: NDArray, seed: number): NDArray => np.stack([y, integersOf(y.shape, seed, c.dtype)], 0);
      expectFused(vmap(conv(c), { inAxes: [0, null] }), [stacked(x, 6), w]);
      expectFused(vmap(conv(c), { inAxes: [null, 0] }), [x, stacked(w, 7)]);
      expectFused(vmap(conv(c)), [stacked(x, 6), stacked(w, 7)]);
    }, 30));

  it("of reversed, cut, broadcast and transposed operands", () =>
    each((c, x, w) => {
      const rank = x.ndim;
      const last = rank - 1;
      expectFused((a, b) => conv(c)(np.flip(a, last), np.flip(b, last)), [x, w]);
      expectFused((a, b) => conv(c)(np.broadcastTo(a.max(), c.lhs), np.broadcastTo(b.max(), c.rhs)), [x, w]);
      const back = Array.from({ length: rank }, (_, k) => rank - 1 - k);
      expectFused((a, b) => conv(c)(np.transpose(a), np.transpose(b)), [np.transpose(x, back), np.transpose(w, back)]);
      expectFused((a) => conv(c)(a, np.ones(c.rhs, { dtype: c.dtype })), [x]);
    }, 20));

  it("take all three forms", () => {
    const kinds = fc.sample(cases, { numRuns: 100, seed: 1 }).flatMap((c) => {
      const gradients = grad((p: NDArray, q: NDArray) => weighted(conv(c)(p, q)), { argnums: [0, 1] });
      const closed = programOf(gradients as F, [integersOf(c.lhs, 1, c.dtype), integersOf(c.rhs, 2, c.dtype)]);
      return loopsOf(closed).steps.map(({ kind }) => kind);
    });
    const taken = ["conv", "conv_input_gradient", "conv_kernel_gradient"].filter((kind) => kinds.filter((k) => k === kind).length >= 10);
    expect(taken).toHaveLength(3);
  });
});

describe("forms", () => {
  it("say the same, whichever is taken", () =>
    each((c, x, w) => {
      const closed = programOf(conv(c), [x, w]);
      const expected = values(interpret(closed).run([concrete(x), concrete(w)]));
      const isGrouped = (c.options.featureGroupCount ?? 1) > 1;
      const isByBatch = (c.options.batchGroupCount ?? 1) > 1;
      const possible: ConvForm[] = isByBatch
        ? ["kernelGradient"]
        : isGrouped
          ? ["conv", "inputGradient"]
          : ["conv", "inputGradient", "kernelGradient"];
      for (const form of possible) {
        const { program, inputs, outputs } = lower(closed, {
          ...target,
          rule: (name) => (name === "conv_general_dilated" ? convForms(() => form) : rules.get(name)),
        });
        const memory = runLoops(checkLoops(program), new Map(inputs.map((b, i) => [b, concrete([x, w][i]).data])), primitives);
        expect([form, ...outputs.map((b) => Array.from(memory[b], (v) => v + 0))]).toEqual([form, ...expected]);
      }
    }, 40));

  it("of a network's gradients are the kernels made for them", () => {
    const axes = (size: number, places: number, window: number, low: number) => {
      const one = { size, places, window, low, stride: 1, baseDilation: 1, windowDilation: 1 };
      return [one, one];
    };
    const of = (batch: number, features: number, outputs: number, ...sizes: [number, number, number, number]): ConvForm =>
      cheapestForm({ dtype: "float32", batch, groups: 1, features, outputs, axes: axes(...sizes) }, 1);
    expect(of(32, 1, 32, 28, 26, 3, 0)).toBe("conv");
    expect(of(32, 32, 64, 13, 11, 3, 0)).toBe("conv");
    // By the first kernel and the second: the batch is summed over, the window is the result's space.
    expect(of(1, 32, 32, 28, 3, 26, 0)).toBe("kernelGradient");
    expect(of(32, 32, 64, 13, 3, 11, 0)).toBe("kernelGradient");
  });
});

describe("degenerate sizes", () => {
  const expectZeros = (lhs: readonly number[], rhs: readonly number[], padding: [number, number]): void => {
    const f = (x: NDArray, w: NDArray): NDArray => lax.convGeneralDilated(x, w, { windowStrides: [1], padding: [padding] });
    expectFused(f, [integersOf(lhs, 1), integersOf(rhs, 2)]);
    expectFused(
      (x, w) => grad((p: NDArray, q: NDArray) => weighted(f(p, q)), { argnums: [0, 1] })(x, w) as readonly NDArray[],
      [integersOf(lhs, 1), integersOf(rhs, 2)],
    );
  };

  it("no features", () => expectZeros([2, 0, 5], [3, 0, 2], [0, 0]));
  it("no outputs", () => expectZeros([2, 3, 5], [0, 3, 2], [0, 0]));
  it("no batch", () => expectZeros([0, 3, 5], [4, 3, 2], [0, 0]));
  it("no room for a window", () => expectZeros([2, 3, 2], [4, 3, 5], [0, 0]));
  it("nothing but padding", () => expectZeros([2, 3, 0], [4, 3, 2], [2, 2]));
  it("no window", () => expectZeros([2, 3, 4], [4, 3, 0], [0, 0]));
  it("no space at all", () =>
    expectFused(
      (x, w) => lax.convGeneralDilated(x, w, { windowStrides: [], padding: [] }),
      [integersOf([3, 4], 1), integersOf([5, 4], 2)],
    ));
});

describe("the benchmark's network", () => {
  interface Layer {
    readonly w: NDArray;
    readonly b: NDArray;
  }

  const logits = (layers: readonly Layer[], images: NDArray): NDArray => {
    const block = (x: NDArray, { w, b }: Layer): NDArray =>
      nn.maxPool(nn.relu(nn.conv(x, w, { padding: "VALID" }).add(b.reshape([-1, 1, 1]))), [2, 2], { strides: [2, 2] });
    const features = block(block(images.reshape([-1, 1, 28, 28]), layers[0]), layers[1]);
    return features.reshape([-1, 1600]).matmul(layers[2].w).add(layers[2].b);
  };

  it("leaves nothing to the host in a step of training", () => {
    const shapes = [
      [32, 1, 3, 3],
      [64, 32, 3, 3],
      [1600, 10],
    ];
    const layers = shapes.map((shape, i): Layer => ({ w: np.zeros(shape), b: np.zeros([[32, 64, 10][i]]) }));
    const optimizer = optim.adam<readonly Layer[]>({ learningRate: 1e-3 });
    const step = (params: readonly Layer[], images: NDArray, labels: NDArray) => {
      const loss = (p: readonly Layer[]): NDArray => optim.softmaxCrossEntropyWithIntegerLabels(logits(p, images), labels).mean();
      const [value, grads] = valueAndGrad(loss)(params);
      const [updates] = optimizer.update(grads as readonly Layer[], optimizer.init(params), params);
      return [optim.applyUpdates(params, updates), value];
    };
    const closed = makeJaxpr(step as never)(...([layers, np.zeros([32, 784]), np.zeros([32], { dtype: "int32" })] as never)) as ClosedJaxpr;
    const program = loopsOf(closed);
    expect(onHost(program)).toEqual([]);
    const convs = program.steps.flatMap(({ kind }) => (kind.startsWith("conv") ? [kind] : []));
    expect(convs.filter((kind) => kind === "conv_kernel_gradient")).toHaveLength(2);
    expect(convs).toHaveLength(5);
  });
});
