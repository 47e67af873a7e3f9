// Run as a program of its own: a synchronous loop of eager operations. Prints the largest resident size, in megabytes.
// Arguments: operations, elements of each array.

import { type NDArray, fromTypedArray } from "../../src/core/array.js";
import { add, mul } from "../../src/ops/arithmetic.js";

const [operations, elements] = process.argv.slice(2).map(Number);
let x: NDArray = fromTypedArray(new Float32Array(elements).fill(1), [elements], "float32");
let largest = 0;
for (let i = 0; i < operations; i++) {
  x = i % 2 === 0 ? mul(x, 0.5) : add(x, 0.5);
  if (i % 50 === 0) largest = Math.max(largest, process.memoryUsage.rss());
}
console.log(JSON.stringify({ largest: Math.max(largest, process.memoryUsage.rss()) / 2 ** 20, last: x.toTypedArray()[0] }));
