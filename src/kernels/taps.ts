// Where sliding windows read: for every output place and every place in the window, the source index or -1.
// Shared by convolutions and window reductions, so that padding, strides and both dilations are right in one place.

/** One axis of a sliding window. Sizes are before dilation; padding may be negative. */
export interface WindowAxis {
  readonly size: number;
  readonly window: number;
  readonly stride: number;
  readonly padding: readonly [low: number, high: number];
  readonly baseDilation: number;
  readonly windowDilation: number;
}

const dilated = (n: number, dilation: number): number => (n === 0 ? 0 : (n - 1) * dilation + 1);

/** How many places the window takes along the axis. */
export function windowCount({ size, window, stride, padding, baseDilation, windowDilation }: WindowAxis): number {
  const room = dilated(size, baseDilation) + padding[0] + padding[1] - dilated(window, windowDilation);
  return room < 0 ? 0 : Math.floor(room / stride) + 1;
}

/** Table `[place, tap]` of the source indices of one axis; -1 in padding and in the holes of a dilated base. */
export function axisTaps(axis: WindowAxis): Int32Array {
  const { size, window, stride, padding, baseDilation, windowDilation } = axis;
  const places = windowCount(axis);
  const table = new Int32Array(places * window);
  for (let place = 0; place < places; place++) {
    for (let tap = 0; tap < window; tap++) {
      const position = place * stride - padding[0] + tap * windowDilation;
      const inside = position >= 0 && position < dilated(size, baseDilation) && position % baseDilation === 0;
      table[place * window + tap] = inside ? position / baseDilation : -1;
    }
  }
  return table;
}

/** Taps of several axes as one: `table[place * taps + tap]` is a flat source index (in row-major order) or -1. */
export interface Taps {
  readonly places: number;
  readonly taps: number;
  readonly table: Int32Array;
}

/** The taps of all `axes` together; places and taps in row-major order. No axes: one place, one tap, index 0. */
export function combinedTaps(axes: readonly WindowAxis[]): Taps {
  let all: Taps = { places: 1, taps: 1, table: new Int32Array(1) };
  for (const axis of axes) {
    const own = { places: windowCount(axis), taps: axis.window, table: axisTaps(axis) };
    const next = { places: all.places * own.places, taps: all.taps * own.taps };
    const table = new Int32Array(next.places * next.taps);
    for (let place = 0, at = 0; place < next.places; place++) {
      const [p, q] = [Math.floor(place / own.places), place % own.places];
      for (let s = 0; s < all.taps; s++) {
        const outer = all.table[p * all.taps + s];
        for (let t = 0; t < own.taps; t++, at++) {
          const inner = own.table[q * own.taps + t];
          table[at] = outer < 0 || inner < 0 ? -1 : outer * axis.size + inner;
        }
      }
    }
    all = { ...next, table };
  }
  return all;
}
