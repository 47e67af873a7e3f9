// Convolution and its two gradients in plain JavaScript: one walk over all products of an image's element with a kernel's,
// and what each of the three steps does with their places. Sums are carried in float64 and rounded when they are stored.

import { type TypedArray, typedArray } from "../core/dtype.js";
import { sizeOf } from "../core/shape.js";
import type { ConvShape, ConvStep, TensorAccess, WindowAxis } from "./ir.js";
import { tapped, unravel } from "./structured.js";

/** An element by its numbers along a tensor's axes. */
interface Product {
  readonly image: number;
  readonly group: number;
  readonly output: number;
  readonly feature: number;
  readonly place: readonly number[];
  readonly tap: readonly number[];
  /** The element of space that the tap reads. */
  readonly at: readonly number[];
}

function eachProduct({ batch, groups, outputs, features, axes }: ConvShape, visit: (product: Product) => void): void {
  const sizes = [batch, groups, outputs, features, ...axes.map((axis) => axis.places), ...axes.map((axis) => axis.window)];
  for (let i = 0; i < sizeOf(sizes); i++) {
    const [image, group, output, feature, ...rest] = unravel(i, sizes);
    const [place, tap] = [rest.slice(0, axes.length), rest.slice(axes.length)];
    const at = axes.map((axis: WindowAxis, k) => tapped(axis, place[k], tap[k]));
    if (!at.includes(-1)) visit({ image, group, output, feature, place, tap, at });
  }
}

const element = ({ offset, outer, feature, space }: TensorAccess, o: number, f: number, at: readonly number[]): number =>
  at.reduce((sum, x, k) => sum + x * space[k], offset + o * outer + f * feature);

/** Writes sums to their places; places of the box that received none are 0. */
function store(target: TypedArray, step: ConvStep, sums: ReadonlyMap<number, number>, places: Iterable<number>): void {
  for (const place of places) target[place] = typedArray(step.dtype, [sums.get(place) ?? 0])[0];
}

function* placesOf(access: TensorAccess, sizes: readonly number[]): Generator<number> {
  for (let i = 0; i < sizeOf(sizes); i++) {
    const [o, f, ...at] = unravel(i, sizes);
    yield element(access, o, f, at);
  }
}

export function runConv(step: ConvStep, memory: readonly TypedArray[]): void {
  const { batch, groups, features, outputs, axes } = step;
  const sums = new Map<number, number>();
  const add = (place: number, x: number): unknown => sums.set(place, (sums.get(place) ?? 0) + x);
  const imageOf = ({ image, group, feature, at }: Product): number => element(step.image, image, group * features + feature, at);
  const resultOf = ({ image, group, output, place }: Product): number => element(step.result, image, group * outputs + output, place);
  const value = ({ buffer }: TensorAccess, place: number): number => memory[buffer][place];
  switch (step.kind) {
    case "conv": {
      const { image, kernel, result } = step;
      eachProduct(step, (p) => {
        const weight = element(kernel, p.group * outputs + p.output, p.feature, p.tap);
        add(resultOf(p), value(image, imageOf(p)) * value(kernel, weight));
      });
      return store(memory[result.buffer], step, sums, placesOf(result, [batch, groups * outputs, ...axes.map((axis) => axis.places)]));
    }
    case "conv_input_gradient": {
      const { image, kernel, result } = step;
      eachProduct(step, (p) => {
        const weight = p.group * kernel.group + element(kernel, p.output, p.feature, p.tap);
        add(imageOf(p), value(result, resultOf(p)) * value(kernel, weight));
      });
      return store(memory[image.buffer], step, sums, placesOf(image, [batch, groups * features, ...axes.map((axis) => axis.size)]));
    }
    case "conv_kernel_gradient": {
      const { chunks, image, result, partials } = step;
      const sizes = [groups, outputs, features, ...axes.map((axis) => axis.window)];
      const chunkOf = (n: number): number =>
        Array.from({ length: chunks }, (_, c) => Math.floor((c * batch) / chunks)).findLastIndex((first) => first <= n);
      eachProduct(step, (p) => {
        const place = [p.group, p.output, p.feature, ...p.tap].reduce((sum, x, k) => sum * sizes[k] + x, 0);
        add(chunkOf(p.image) * sizeOf(sizes) + place, value(image, imageOf(p)) * value(result, resultOf(p)));
      });
      return store(
        memory[partials],
        step,
        sums,
        Array.from({ length: chunks * sizeOf(sizes) }, (_, i) => i),
      );
    }
    default:
      return step satisfies never;
  }
}
