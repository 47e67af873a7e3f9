// The Threefry-2x32 block function with 20 rounds: enters a key and counters, leaves random bits.
// Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011), section 4.2.

const PARITY = 0x1bd11bda;
const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/**
 * The two words of every block `(counts0[i], counts1[i])` under the key `(key0, key1)`; all are unsigned 32-bit integers.
 * The counters have equal length.
 *
 * @example threefry2x32(0, 7, [0], [0]) // [Uint32Array [3625411723], Uint32Array [1954958720]]
 */
export function threefry2x32(
  key0: number,
  key1: number,
  counts0: ArrayLike<number>,
  counts1: ArrayLike<number>,
): [Uint32Array, Uint32Array] {
  const n = counts0.length;
  const [out0, out1] = [new Uint32Array(n), new Uint32Array(n)];
  const keys = [key0 | 0, key1 | 0, key0 ^ key1 ^ PARITY];
  for (let i = 0; i < n; i++) {
    let x = (counts0[i] + keys[0]) | 0;
    let y = (counts1[i] + keys[1]) | 0;
    for (let block = 1; block <= 5; block++) {
      const turns = rotations[(block - 1) % 2];
      for (let k = 0; k < 4; k++) {
        const turn = turns[k];
        x = (x + y) | 0;
        y = ((y << turn) | (y >>> (32 - turn))) ^ x;
      }
      // The key schedule: the next two of the three key words, and the number of the block.
      x = (x + keys[block % 3]) | 0;
      y = (y + keys[(block + 1) % 3] + block) | 0;
    }
    out0[i] = x;
    out1[i] = y;
  }
  return [out0, out1];
}
