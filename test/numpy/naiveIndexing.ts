// NumPy's indexing, one element at a time: the oracle of the tests. Enters a shape and indices as the NumPy manual explains
// them, leaves for each element of the result the flat position that it is read from, and the result's shape.

export type NaiveIndex =
  | { readonly kind: "integer"; readonly index: number }
  | { readonly kind: "slice"; readonly start: number | null; readonly stop: number | null; readonly step: number | null }
  | { readonly kind: "new" }
  | { readonly kind: "ellipsis" }
  | { readonly kind: "list"; readonly shape: readonly number[]; readonly values: readonly number[] }
  | { readonly kind: "mask"; readonly shape: readonly number[]; readonly values: readonly boolean[] };

export interface Selection {
  readonly shape: readonly number[];
  readonly positions: readonly number[];
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** All index tuples of a shape, the last axis fastest. */
export function tuples(shape: readonly number[]): number[][] {
  let list: number[][] = [[]];
  for (const n of shape) list = list.flatMap((head) => Array.from({ length: n }, (_, i) => [...head, i]));
  return list;
}

export const flatOf = (shape: readonly number[], place: readonly number[]): number => place.reduce((at, i, k) => at * shape[k] + i, 0);

/** The indices that Python's `range(n)[start:stop:step]` has, by walking. */
export function walk(n: number, start: number | null, stop: number | null, step: number | null): number[] {
  const by = step ?? 1;
  const from = start === null ? (by > 0 ? 0 : n - 1) : start < 0 ? start + n : start;
  const to = stop === null ? (by > 0 ? Infinity : -Infinity) : stop < 0 ? stop + n : stop;
  const taken: number[] = [];
  // Start from the first index of the walk that lies in the axis, once the start is moved next to it.
  let i = by > 0 ? Math.max(from, 0) : Math.min(from, n - 1);
  for (; by > 0 ? i < to && i < n : i > to && i >= 0; i += by) taken.push(i);
  return taken;
}

const axesTaken = (index: NaiveIndex): number =>
  index.kind === "new" || index.kind === "ellipsis" ? 0 : index.kind === "mask" ? index.shape.length : 1;

const takeAll: NaiveIndex = { kind: "slice", start: null, stop: null, step: null };

/** One step of a resolved index: an axis of the result, or a coordinate that the lists give. */
type Part =
  | { readonly kind: "axis"; readonly from: readonly number[] }
  | { readonly kind: "new" }
  | { readonly kind: "advanced"; readonly shape: readonly number[]; readonly values: readonly number[] }
  | { readonly kind: "gap" };

function partsOf(shape: readonly number[], indices: readonly NaiveIndex[]): Part[] {
  const rest = shape.length - indices.reduce((sum, index) => sum + axesTaken(index), 0);
  const whole = indices.some(({ kind }) => kind === "ellipsis") ? indices : [...indices, { kind: "ellipsis" } as const];
  const expanded = whole.flatMap((index): (NaiveIndex | { kind: "gap" })[] =>
    index.kind === "ellipsis" ? [{ kind: "gap" }, ...Array.from({ length: rest }, () => takeAll)] : [index],
  );
  let axis = 0;
  return expanded.flatMap((index): Part[] => {
    if (index.kind === "gap" || index.kind === "new") return [{ kind: index.kind }];
    if (index.kind === "mask") {
      const places = tuples(index.shape).filter((_, i) => index.values[i]);
      axis += index.shape.length;
      return index.shape.map((_, k) => ({ kind: "advanced", shape: [places.length], values: places.map((place) => place[k]) }));
    }
    const n = shape[axis++];
    if (index.kind === "slice") return [{ kind: "axis", from: walk(n, index.start, index.stop, index.step) }];
    const front = (i: number): number => (i < 0 ? i + n : i);
    if (index.kind === "integer") return [{ kind: "advanced", shape: [], values: [front(index.index)] }];
    if (index.kind === "list") return [{ kind: "advanced", shape: index.shape, values: index.values.map(front) }];
    throw new Error("an ellipsis that was not expanded");
  });
}

/** The broadcast of shapes, or undefined. */
export function broadcast(shapes: readonly (readonly number[])[]): number[] | undefined {
  const ndim = Math.max(0, ...shapes.map((s) => s.length));
  const result = new Array<number>(ndim).fill(1);
  for (const s of shapes) {
    for (let k = 1; k <= s.length; k++) {
      const n = s[s.length - k];
      if (n === 1) continue;
      if (result[ndim - k] !== 1 && result[ndim - k] !== n) return undefined;
      result[ndim - k] = n;
    }
  }
  return result;
}

/** What the indices select of an array of this shape; undefined where the lists do not broadcast. */
export function select(shape: readonly number[], indices: readonly NaiveIndex[]): Selection | undefined {
  const parts = partsOf(shape, indices);
  const isAdvanced = (part: Part): boolean => part.kind === "advanced";
  const lists = parts.flatMap((part) => (part.kind === "advanced" ? [part] : []));
  const together = broadcast(lists.map((list) => list.shape));
  if (together === undefined) return undefined;
  const places = parts.flatMap((part, k) => (isAdvanced(part) ? [k] : []));
  // Integers alone are basic indices: they only take their axis away, wherever they stand.
  const anyList = indices.some(({ kind }) => kind === "list" || kind === "mask");
  const separated = anyList && places.some((k, i) => i > 0 && k !== places[i - 1] + 1);
  const sizeOf = (part: Part): number[] => (part.kind === "axis" ? [part.from.length] : part.kind === "new" ? [1] : []);
  const before = separated || places.length === 0 ? [] : parts.slice(0, places[0]).flatMap(sizeOf);
  const after = parts.flatMap(sizeOf).slice(before.length);
  const out = [...before, ...together, ...after];
  const positions = tuples(out).map((place) => {
    const common = place.slice(before.length, before.length + together.length);
    const own = [...place.slice(0, before.length), ...place.slice(before.length + together.length)];
    let k = 0;
    const source = parts.flatMap((part): number[] => {
      if (part.kind === "gap") return [];
      if (part.kind === "new") return (void k++, []);
      if (part.kind === "axis") return [part.from[own[k++]]];
      const aligned = common.slice(common.length - part.shape.length).map((i, axis) => (part.shape[axis] === 1 ? 0 : i));
      return [part.values[flatOf(part.shape, aligned)]];
    });
    return flatOf(shape, source);
  });
  return { shape: out, positions: product(out) === 0 ? [] : positions };
}
