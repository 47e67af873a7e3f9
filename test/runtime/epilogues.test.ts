// Products and convolutions with what is done to their results: every form of it, on layouts and sizes with and without rests,
// on one, two and three threads and by the loops' interpreter, against the reference evaluator.

import { describe, expect, it } from "vitest";
import "../../src/install.js";
import { type NDArray, jit, lax, nn, numpy as np, optim, valueAndGrad } from "../../src/index.js";
import { noise } from "../property/arbitraries.js";
import { closedOf, expectAlike, loopsOf } from "./threads.js";

type Dtype = "float32" | "float64";

/** What follows a product y[m, n]: beside it are a row, a column and another matrix. */
const forms: Readonly<Record<string, (y: NDArray, row: NDArray, column: NDArray, z: NDArray) => readonly NDArray[]>> = {
  "a bias of columns": (y, row) => [y.add(row)],
  "a bias of rows": (y, _, column) => [y.add(column)],
  "a scale and a residual": (y, _, __, z) => [z.add(y.mul(0.25))],
  "relu and its mask": (y, row) => [nn.relu(y.add(row)), np.greater(y.add(row), 0)],
  tanh: (y, row) => [np.tanh(y.add(row))],
  gelu: (y) => [nn.gelu(y)],
  sigmoid: (y) => [nn.sigmoid(y)],
  "integers, and the product itself": (y, row) => [y, y.add(row), y.mul(3).astype("int32")],
  bytes: (y) => [y.mul(0.5), np.greater(y, 0.5), y.mul(9).astype("int8")],
  indices: (y) => [np.where(np.tri(y.shape[0], { m: y.shape[1] }).astype("bool"), y, -1)],
  "sums that stay behind": (y, row) => [np.tanh(y.add(row)), np.tanh(y.add(row)).sum(0), np.tanh(y.add(row)).max(1)],
  "NaN and infinities": (y, row) => [np.where(np.greater(y, 0), y.div(0), np.log(y)).add(row)],
};

const sizes = [
  [2, 16, 3],
  [5, 17, 8],
  [18, 36, 41],
  [9, 37, 330],
  [65, 515, 40],
] as const;

describe.each(["float32", "float64"] as const)("%s", (dtype: Dtype) => {
  it.each(Object.keys(forms))("%s", (name) => {
    for (const [m, n, k] of sizes) {
      if (m > 64 && (name !== "a scale and a residual" || dtype === "float64")) continue;
      const beside = [noise([n], 3, dtype), noise([m, 1], 4, dtype), noise([m, n], 5, dtype)];
      const layouts: readonly (readonly [NDArray, NDArray, (x: NDArray, y: NDArray) => NDArray])[] = [
        [noise([m, k], 1, dtype), noise([k, n], 2, dtype), (x, y) => x.matmul(y)],
        [noise([k, m], 1, dtype), noise([k, n], 2, dtype), (x, y) => x.T.matmul(y)],
        [noise([m, k], 1, dtype), noise([n, k], 2, dtype), (x, y) => x.matmul(y.T)],
      ];
      layouts.forEach(([x, y, product], i) => {
        // Every layout for one form, one for the others.
        if (name !== "a scale and a residual" && i !== k % 3) return;
        const kinds = expectAlike(
          (a, b, row, column, z) => forms[name](product(a, b), row, column, z),
          [x, y, ...beside],
          `${name}, ${m} x ${n} x ${k}, layout ${i}`,
        );
        if (name !== "indices") expect(kinds).toContain("finished");
      });
    }
  });
});

it("several products at once, with what differs between them and what does not", () => {
  const [x, y, mask, bias] = [noise([3, 5, 17], 1), noise([3, 17, 20], 2), noise([5, 20], 3), noise([3, 1, 20], 4)];
  const f = (a: NDArray, b: NDArray, c: NDArray, d: NDArray): readonly NDArray[] => [a.matmul(b).add(c).mul(d)];
  expect(expectAlike(f, [x, y, mask, bias], "batched")).toEqual(["finished"]);
});

it("results that stand twice in one array", () => {
  const [x, w] = [noise([20, 9], 1), noise([9, 17], 2)];
  const twice = (a: NDArray, b: NDArray): readonly NDArray[] => {
    const y = np.tanh(a.matmul(b));
    return [np.concatenate([y, y], 1).mul(2), np.stack([y, y.mul(3)], 1)];
  };
  expect(expectAlike(twice, [x, w], "twice, and more")).toContain("dot");
  // One of the results is alone in its array: the product goes there.
  const beside = (a: NDArray, b: NDArray): readonly NDArray[] => {
    const y = np.tanh(a.matmul(b));
    return [y, np.flip(np.stack([y, y], 1), 2)];
  };
  expect(expectAlike(beside, [x, w], "twice, and alone")).toContain("finished");
});

it("results cut into other axes than the product's", () => {
  const [x, w, b] = [noise([4, 6, 9], 1), noise([9, 32], 2), noise([6, 32], 3)];
  const f = (a: NDArray, c: NDArray, d: NDArray): readonly NDArray[] => [np.tanh(a.matmul(c).add(d))];
  const kinds = expectAlike(f, [x, w, b], "axes that are no rows");
  expect(kinds).toEqual(["dot", "nest"]);
  const even = (a: NDArray, c: NDArray, d: NDArray): readonly NDArray[] => [np.tanh(a.matmul(c).add(d.sum(0)))];
  expect(expectAlike(even, [x, w, b], "rows of two axes")).toEqual(["nest", "finished"]);
});

it("two products into one sum, and a chain", () => {
  const [x, h, w, u] = [noise([6, 20], 1), noise([6, 20], 2), noise([20, 20], 3), noise([20, 20], 4)];
  const f = (...[a, b, c, d]: NDArray[]): readonly NDArray[] => {
    const next = np.tanh(a.matmul(c).add(b.matmul(d)));
    return [nn.relu(next.matmul(d)).sub(next)];
  };
  expect(expectAlike(f, [x, h, w, u], "a cell")).toEqual(["dot", "finished", "finished"]);
});

it("in the body of a loop", () => {
  // Whole numbers: all sums are exact.
  const [h, w, xs] = [noise([4, 16], 1), noise([16, 16], 2), noise([7, 4, 16], 3)].map((x) => np.round(x.mul(4)));
  const f = (...[start, u, inputs]: NDArray[]): readonly NDArray[] => {
    const [last, all] = lax.scan(
      (carry: NDArray, x: NDArray) => {
        const next = np.clip(carry.matmul(u).add(x), -9, 8);
        return [next, next.mul(2)] as const;
      },
      start,
      inputs,
    );
    return [last, all as NDArray];
  };
  expectAlike(f, [h, w, xs], "a recurrence");
  const { program } = loopsOf(closedOf(f, [h, w, xs]));
  expect(program.steps.flatMap((step) => (step.kind === "loop" ? step.body.map(({ kind }) => kind) : []))).toEqual(["finished"]);
});

describe("convolutions", () => {
  const orders = {
    NCHW: [
      [2, 3, 15, 14],
      [8, 3, 3, 2],
      ["NCHW", "OIHW", "NCHW"],
      [2, 8, 13, 13],
      [8, 1, 1],
    ],
    NHWC: [[2, 15, 14, 3], [3, 2, 3, 8], ["NHWC", "HWIO", "NHWC"], [2, 13, 13, 8], [8]],
  } as const;
  it.each(Object.keys(orders) as (keyof typeof orders)[])("%s: bias, residual, activation and a second result", (order) => {
    const [image, kernel, dimensionNumbers, shape, bias] = orders[order];
    for (const dtype of ["float32", "float64"] as const) {
      const f = (...[x, k, b, z]: NDArray[]): readonly NDArray[] => {
        const y = lax.convGeneralDilated(x, k, { windowStrides: [1, 1], padding: "VALID", dimensionNumbers: [...dimensionNumbers] });
        return [nn.relu(y.add(b)).add(z), np.greater(y, b)];
      };
      const kinds = expectAlike(f, [noise(image, 1, dtype), noise(kernel, 2, dtype), noise(bias, 3, dtype), noise(shape, 4, dtype)], order);
      expect(kinds[0]).toBe(order === "NCHW" ? "finished" : "conv");
    }
  });

  it("groups, strides and padding", () => {
    const f = (...[x, k, b]: NDArray[]): readonly NDArray[] => {
      const options = { windowStrides: [2, 1], padding: "SAME", featureGroupCount: 2 } as const;
      return [np.tanh(lax.convGeneralDilated(x, k, options).add(b))];
    };
    const kinds = expectAlike(f, [noise([2, 6, 8, 9], 1), noise([4, 3, 3, 3], 2), noise([4, 1, 1], 3)], "groups");
    expect(kinds).toEqual(["finished"]);
  });
});

it("a training step of a network: three products with activations, three with updates, two as they are", () => {
  const optimizer = optim.adam<readonly NDArray[]>({ learningRate: 1e-3 });
  const params = [noise([80, 64], 1), noise([64], 2), noise([64, 256], 3), noise([256], 4), noise([256, 64], 5)];
  const [x, y] = [noise([24, 80], 6), noise([24, 64], 7)];
  const loss = ([w, b, u, c, v]: readonly NDArray[], input: NDArray, target: NDArray): NDArray =>
    nn
      .relu(nn.relu(input.matmul(w).add(b)).matmul(u).add(c))
      .matmul(v)
      .sub(target)
      .square()
      .mean();
  const state = optimizer.init(params);
  const step = jit((now: readonly NDArray[], s: typeof state, input: NDArray, target: NDArray) => {
    const [value, grads] = valueAndGrad(loss)(now, input, target);
    return [value, ...optim.applyUpdates(now, optimizer.update(grads, s, now)[0])];
  });
  const text = step.lower(params, state, x, y).loops?.planned ?? "";
  expect(text.match(/^then for /gm)?.length).toBeGreaterThanOrEqual(5);
});
