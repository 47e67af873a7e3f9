// Which form of a convolution costs least: products on whole tiles, and the elements that are packed, scattered or added on
// the way, in units of one multiplication in a vector lane.

import { sizeOf } from "../core/shape.js";
import type { ConvShape } from "../loop/ir.js";

export type ConvForm = "conv" | "inputGradient" | "kernelGradient";

/** Rows and columns of a tile of the matrix kernels. */
const TILE = [4, 8] as const;

/**
 * What an element costs that is packed, scattered onto an image, or added to sums in memory, and a row of patches that is
 * begun: fitted to timings of all forms of the convolutions in a small network, which they tell within a quarter.
 */
const PACK = 36;
const SCATTER = 32;
const ADD = 3;
const ROW = 256;

/** A product of matrices: its tiles, and the packing of its columns. */
function productCost(rows: number, columns: number, depth: number): number {
  const [height, width] = [Math.ceil(rows / TILE[0]) * TILE[0], Math.ceil(columns / TILE[1]) * TILE[1]];
  return depth * width * (height + PACK);
}

/** The form to take; grouped batches have one only, and grouped features no kernel gradient. */
export function cheapestForm({ batch, groups, features, outputs, axes }: ConvShape, batchGroups: number): ConvForm {
  if (batchGroups > 1) return "kernelGradient";
  const [space, places, window] = [axes.map((a) => a.size), axes.map((a) => a.places), axes.map((a) => a.window)].map(sizeOf);
  const costs: [ConvForm, number][] = [
    ["conv", batch * groups * (productCost(outputs, places, features * window) + ROW * features * window)],
    ["inputGradient", batch * groups * (productCost(outputs * window, space, features) + SCATTER * outputs * window * space)],
  ];
  if (groups === 1)
    costs.push(["kernelGradient", features * (productCost(outputs, batch * places, window) + ADD * outputs * batch * places)]);
  return costs.reduce((best, next) => (next[1] < best[1] ? next : best))[0];
}
