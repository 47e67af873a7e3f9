// The Threefry-2x32 block function with 20 rounds: enters a key and counters, leaves random bits.
// Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011), section 4.2.

const PARITY = 0x1bd11bda;
const ROUNDS = 20;
const rotations = Uint8Array.of(13, 15, 26, 6, 17, 29, 16, 24);

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
  // After every fourth round the next two of the three key words go in, the second with the number of the injection.
  const [injected0, injected1] = [new Int32Array(6), new Int32Array(6)];
  for (let block = 0; block < 6; block++) {
    injected0[block] = keys[block % 3];
    injected1[block] = keys[(block + 1) % 3] + block;
  }
  for (let i = 0; i < n; i++) {
    let x = (counts0[i] + injected0[0]) | 0;
    let y = (counts1[i] + injected1[0]) | 0;
    for (let round = 0; round < ROUNDS; round++) {
      const turn = rotations[round & 7];
      x = (x + y) | 0;
      y = ((y << turn) | (y >>> (32 - turn))) ^ x;
      if ((round & 3) === 3) {
        const block = (round + 1) >> 2;
        x = (x + injected0[block]) | 0;
        y = (y + injected1[block]) | 0;
      }
    }
    out0[i] = x;
    out1[i] = y;
  }
  return [out0, out1];
}
