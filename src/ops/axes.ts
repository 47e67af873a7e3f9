// Arithmetic on axes for batching rules: a parameter that numbers axes is renumbered around the axis that carries the
// batch, so that no operand has to be moved for its batch.

/** Axis `axis` of the unbatched array, in the array that carries its batch at `dim`. */
export const pastBatch = (axis: number, dim: number): number => (axis >= dim ? axis + 1 : axis);

/** The same for several axes. */
export const allPastBatch = (axes: readonly number[], dim: number): number[] => axes.map((axis) => pastBatch(axis, dim));

/** Where axis `dim` is once the axes `removed` are gone. */
export const dimWithout = (dim: number, removed: readonly number[]): number => dim - removed.filter((axis) => axis < dim).length;

/** The list with `value` put in at `position`. */
export const inserted = <T>(list: readonly T[], position: number, value: T): T[] => [
  ...list.slice(0, position),
  value,
  ...list.slice(position),
];
