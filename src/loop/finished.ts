// The index space of a product's results: batch, rows and columns, as an access to its target. Of a convolution these are
// images, features and places, the places in one row.

import type { Access, Conv, Dot } from "./ir.js";

/** Every element of the target once, in the order of batch, rows, columns; an axis of size 1 has stride 0. */
export interface TargetSpace {
  readonly sizes: readonly [batch: number, rows: number, columns: number];
  readonly access: Access;
}

/** Where a product's results stand; `undefined` where the places of a convolution do not follow each other evenly. */
export function targetSpace(product: Dot | Conv): TargetSpace | undefined {
  if (product.kind === "dot") {
    const { batch, m, n, c } = product;
    return spaceOf([batch, m, n], { ...c, strides: [c.batch, c.row, c.column] });
  }
  const { batch, groups, outputs, axes, result } = product;
  const walked = axes.map(({ places }, k) => ({ places, stride: result.space[k] })).filter(({ places }) => places > 1);
  if (walked.some(({ stride }, k) => k + 1 < walked.length && stride !== walked[k + 1].stride * walked[k + 1].places)) return undefined;
  const stride = walked.at(-1)?.stride ?? 1;
  const places = axes.reduce((n, axis) => n * axis.places, 1);
  return spaceOf([batch, groups * outputs, places], { ...result, strides: [result.outer, result.feature, stride] });
}

const spaceOf = (sizes: TargetSpace["sizes"], { buffer, offset, strides }: Access): TargetSpace => ({
  sizes,
  access: { buffer, offset, strides: strides.map((stride, k) => (sizes[k] === 1 ? 0 : stride)) },
});
