// General convolution: enters images and kernels in any order of axes, leaves the correlations at every window place.
// Operands are brought to [batch, feature, space]; windows of some images become columns (im2col), and a matrix product does
// the work for each group. Floats multiply in float64 and are rounded once.

import { isFloat } from "../core/dtype.js";
import { range, sizeOf } from "../core/shape.js";
import type { Shape } from "../core/shape.js";
import { floatMatrices, integerMatrices } from "./gemm.js";
import type { MatrixKind } from "./gemm.js";
import { stored } from "./host.js";
import type { HostArray } from "./host.js";
import { transpose } from "./layout.js";
import { axisTaps, combinedTaps, windowCount } from "./taps.js";
import type { Taps, WindowAxis } from "./taps.js";

/** Where the axes stand: lhs and out (batch, feature, ...space), rhs (out feature, in feature, ...space). */
export interface ConvDimensionNumbers {
  readonly lhsSpec: readonly number[];
  readonly rhsSpec: readonly number[];
  readonly outSpec: readonly number[];
}

export interface ConvParams {
  readonly windowStrides: readonly number[];
  readonly padding: readonly (readonly [low: number, high: number])[];
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
  readonly dimensionNumbers: ConvDimensionNumbers;
  readonly featureGroupCount: number;
  readonly batchGroupCount: number;
}

type Buffer = Float64Array | Int32Array;

// The window's last axis apart from the others, so that the inner loop runs along memory.
interface Windows {
  readonly outer: Taps;
  readonly last: Taps;
  readonly lastSize: number;
  readonly space: number;
}

function windowsOf(axes: readonly WindowAxis[]): Windows {
  const last = axes.at(-1);
  const space = axes.reduce((product, axis) => product * axis.size, 1);
  if (last === undefined) return { outer: combinedTaps([]), last: combinedTaps([]), lastSize: 1, space };
  const lastTaps = { places: windowCount(last), taps: last.window, table: axisTaps(last) };
  return { outer: combinedTaps(axes.slice(0, -1)), last: lastTaps, lastSize: last.size, space };
}

// One feature of one image: columns[tap, place] at `to`, rows `width` apart.
function fillColumns(x: Buffer, from: number, windows: Windows, columns: Buffer, to: number, width: number): void {
  const { outer, last, lastSize } = windows;
  for (let s = 0; s < outer.taps; s++) {
    for (let t = 0; t < last.taps; t++) {
      let at = to + (s * last.taps + t) * width;
      for (let p = 0; p < outer.places; p++) {
        const row = outer.table[p * outer.taps + s];
        if (row < 0) {
          columns.fill(0, at, at + last.places);
          at += last.places;
          continue;
        }
        const base = from + row * lastSize;
        for (let q = 0, k = t; q < last.places; q++, k += last.taps) {
          const j = last.table[k];
          columns[at++] = j < 0 ? 0 : x[base + j];
        }
      }
    }
  }
}

interface Group {
  readonly firstImage: number;
  readonly images: number;
  readonly firstFeature: number;
  readonly features: number;
  readonly firstOut: number;
  readonly outs: number;
}

const COLUMNS = 1 << 17;

// The part of the result that one group of features or of images makes; `out` is [images, allOuts, places].
function convGroup<T extends Buffer>(
  x: T,
  kernel: T,
  out: T,
  windows: Windows,
  group: Group,
  [allFeatures, allOuts]: readonly [number, number],
  { make, product }: MatrixKind<T>,
): void {
  const taps = windows.outer.taps * windows.last.taps;
  const places = windows.outer.places * windows.last.places;
  const depth = group.features * taps;
  const together = Math.max(1, Math.min(group.images, Math.floor(COLUMNS / Math.max(1, depth * places))));
  for (let first = 0; first < group.images; first += together) {
    const count = Math.min(together, group.images - first);
    const width = count * places;
    const columns = make(depth * width);
    const result = make(group.outs * width);
    for (let n = 0; n < count; n++) {
      for (let c = 0; c < group.features; c++) {
        const from = ((group.firstImage + first + n) * allFeatures + group.firstFeature + c) * windows.space;
        fillColumns(x, from, windows, columns, c * taps * width + n * places, width);
      }
    }
    product(group.outs, width, depth, kernel, columns, result);
    for (let n = 0; n < count; n++) {
      for (let o = 0; o < group.outs; o++) {
        const at = ((first + n) * allOuts + group.firstOut + o) * places;
        out.set(result.subarray(o * width + n * places, o * width + (n + 1) * places), at);
      }
    }
  }
}

const windowAxes = (space: readonly number[], window: readonly number[], params: ConvParams): WindowAxis[] =>
  space.map((size, k) => ({
    size,
    window: window[k],
    stride: params.windowStrides[k],
    padding: params.padding[k],
    baseDilation: params.lhsDilation[k],
    windowDilation: params.rhsDilation[k],
  }));

// Groups of features share the images and split the features; groups of images the other way round.
function groupsOf(images: number, outs: number, kernelFeatures: number, params: ConvParams): Group[] {
  const [byFeature, byBatch] = [params.featureGroupCount, params.batchGroupCount];
  return range(0, byFeature * byBatch).map((g) => ({
    firstImage: byBatch > 1 ? g * images : 0,
    images,
    firstFeature: byFeature > 1 ? g * kernelFeatures : 0,
    features: kernelFeatures,
    firstOut: (g * outs) / (byFeature * byBatch),
    outs: outs / (byFeature * byBatch),
  }));
}

// On [batch, feature, ...space] and [out, in, ...space]; leaves the elements of [batch, out, ...places].
function convolve<T extends Buffer>(
  kind: MatrixKind<T>,
  x: HostArray,
  kernel: HostArray,
  shape: Shape,
  windows: Windows,
  groups: Group[],
): T {
  const [xs, ks, out] = [kind.from(x.data), kind.from(kernel.data), kind.make(sizeOf(shape))];
  const length = ks.length / groups.length;
  groups.forEach((group, g) => {
    convGroup(xs, kind.part(ks, g * length, (g + 1) * length), out, windows, group, [x.shape[1], shape[1]], kind);
  });
  return out;
}

/**
 * The convolution of `lhs` with `rhs`, as `jax.lax.conv_general_dilated` means it (the kernel is not flipped).
 * The batch of `lhs` must divide by `batchGroupCount`, its features by `featureGroupCount`; at most one of them exceeds 1.
 */
export function convGeneralDilated(lhs: HostArray, rhs: HostArray, params: ConvParams): HostArray {
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
  const x = transpose(lhs, { permutation: lhsSpec });
  const kernel = transpose(rhs, { permutation: rhsSpec });
  const [batch, , ...space] = x.shape;
  const [outs, kernelFeatures, ...window] = kernel.shape;
  const axes = windowAxes(space, window, params);
  const images = batch / params.batchGroupCount;
  const shape = [images, outs, ...axes.map(windowCount)];
  const [windows, groups] = [windowsOf(axes), groupsOf(images, outs, kernelFeatures, params)];
  const out = isFloat(lhs.dtype)
    ? convolve(floatMatrices, x, kernel, shape, windows, groups)
    : convolve(integerMatrices, x, kernel, shape, windows, groups);
  const result = stored(lhs.dtype, shape, lhs.dtype === "bool" ? out.map((v) => (v === 0 ? 0 : 1)) : out);
  // The axis of the result that stands at outSpec[k] is our axis k.
  return transpose(result, { permutation: outSpec.map((_, axis) => outSpec.indexOf(axis)) });
}
