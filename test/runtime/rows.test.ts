// Nests over the same rows as one step: softmax, normalisation, cross-entropy and their gradients on rows of many lengths, on
// one, two and three threads and by the loops' interpreter, against the reference evaluator.

import { describe, expect, it } from "vitest";
import "../../src/install.js";
import { type NDArray, grad, lax, nn, numpy as np, optim, valueAndGrad } from "../../src/index.js";
import { writesOf } from "../../src/loop/ir.js";
import { noise } from "../property/arbitraries.js";
import { closedOf, expectAlike, loopsOf } from "./threads.js";

type Dtype = "float32" | "float64";

const norm = (x: NDArray): NDArray => nn.layerNorm(x, { scale: np.ones([x.shape.at(-1) ?? 1], { dtype: x.dtype }) });

const functions: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  softmax: (x) => nn.softmax(x),
  logSoftmax: (x) => nn.logSoftmax(x),
  layerNorm: norm,
  "softmax, differentiated": grad((x: NDArray) => nn.softmax(x).square().sum()),
  "logSoftmax, differentiated": grad((x: NDArray) => nn.logSoftmax(x).square().sum()),
  "layerNorm, differentiated": grad((x: NDArray) => norm(x).square().sum()),
  "mean, variance and range": (x) =>
    x
      .sub(x.mean(-1, { keepdims: true }))
      .div(x.var(-1, { keepdims: true }).add(1))
      .mul(x.max(-1, { keepdims: true }).sub(x.min(-1, { keepdims: true }))),
};

/** Rows of few elements, whole and broken vectors, long ones; few rows and many. */
const shapes = [
  [5, 1],
  [7, 3],
  [6, 4],
  [9, 5],
  [3, 1000],
  [1, 1200],
  [200, 17],
  [5, 9, 100],
  [40, 129],
] as const;

describe.each(["float32", "float64"] as const)("%s", (dtype: Dtype) => {
  it.each(Object.keys(functions))("%s", (name) => {
    for (const shape of shapes) {
      // Sums of so many float64 that cancel are as far apart as their order makes them.
      if (dtype === "float64" && name === "logSoftmax, differentiated" && (shape.at(-1) ?? 0) >= 1000) continue;
      const kinds = expectAlike((x) => [functions[name](x)], [noise(shape, 7, dtype)], `${name} of ${shape.join(" x ")}`);
      if (shape[0] >= 40 || shape.length === 3) expect(kinds).toEqual(["rows"]);
    }
  });
});

describe("is one step", () => {
  const kinds = (f: (...xs: NDArray[]) => readonly NDArray[], ...inputs: NDArray[]): readonly string[] =>
    loopsOf(closedOf(f, inputs)).program.steps.map(({ kind }) => kind);
  const x = noise([256, 300], 1, "float32");

  it.each(Object.keys(functions))("%s", (name) => expect(kinds((y) => [functions[name](y)], x)).toEqual(["rows"]));

  it("needs no memory for what is between", () => {
    const [rows] = loopsOf(closedOf((y) => [nn.softmax(y)], [x])).program.steps;
    expect(writesOf(rows).length).toBe(1);
    // Largest elements, exponentials, their sums.
    expect(rows.kind === "rows" ? rows.own.map(({ stride }) => stride) : []).toEqual([1, 300, 1]);
  });

  it("cross-entropy with its gradient: rows, what picks the labels, and the sum", () => {
    const labels = np.arange(256, { dtype: "int32" }).mod(10);
    const loss = (y: NDArray, l: NDArray): NDArray => optim.softmaxCrossEntropyWithIntegerLabels(y, l).mean();
    const f = (y: NDArray, l: NDArray): readonly NDArray[] => [...valueAndGrad(loss)(y, l)].flat();
    const found = kinds(f as (...xs: NDArray[]) => readonly NDArray[], x, labels);
    expect(found.filter((kind) => kind === "rows").length).toBe(1);
    expect(found.length).toBeLessThanOrEqual(8);
    expectAlike(
      f as (...xs: NDArray[]) => readonly NDArray[],
      [noise([70, 90], 1, "float32"), np.arange(70, { dtype: "int32" }).mod(10)],
      "cross-entropy",
    );
  });
});

it("NaN and infinities in rows", () => {
  const values = np.array(
    Array.from({ length: 60 }, (_, i) =>
      Array.from({ length: 90 }, (__, j) =>
        i % 4 === 0 ? -Infinity : i % 4 === 1 && j === 3 ? NaN : i % 4 === 2 && j === 5 ? Infinity : (i * j) % 7,
      ),
    ),
  );
  for (const name of ["softmax", "logSoftmax", "layerNorm"]) expectAlike((x) => [functions[name](x)], [values], name);
});

it("integers, and rows whose results have other types", () => {
  const x = noise([64, 100], 3, "float32").mul(50).astype("int32");
  const f = (y: NDArray): readonly NDArray[] => {
    const most = y.max(-1, { keepdims: true });
    const is = np.equal(y, most);
    return [is, is.astype("int32").sum(-1), y.sub(most).astype("int8"), y.sub(is.astype("int32").sum(-1, { keepdims: true }))];
  };
  expect(expectAlike(f, [x], "integers")).toContain("rows");
});

it("what other steps read, and rows that are not apart", () => {
  const [x, w] = [noise([48, 100], 1, "float32"), noise([100, 20], 2, "float32")];
  const both = (y: NDArray, v: NDArray): readonly NDArray[] => {
    const p = nn.softmax(y);
    return [p.matmul(v), p.sum(0), y.max(-1)];
  };
  expect(expectAlike(both, [x, w], "read by a product")).toContain("rows");
  const turned = (y: NDArray): readonly NDArray[] => [
    nn.softmax(y).T.add(1),
    nn.softmax(y, 0),
    np.flip(nn.softmax(y), 0).add(nn.softmax(y)),
  ];
  expectAlike(turned, [x], "columns, and rows in another order");
});

it("views of rows: slices, transposes, axes of batches", () => {
  const x = noise([12, 50, 9], 1, "float32");
  const f = (y: NDArray): readonly NDArray[] => [
    nn.softmax(y.transpose([0, 2, 1])),
    nn.softmax(lax.slice(y, [1, 2, 0], [11, 40, 8])),
    nn.softmax(y.transpose([1, 0, 2])).add(1),
  ];
  expectAlike(f, [x], "views");
});
