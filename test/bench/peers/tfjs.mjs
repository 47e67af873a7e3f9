// The rows in TensorFlow.js with its WebAssembly backend, which runs when the operation is called: what is read back is
// the loss, and what is large is disposed of. It has no gradient of a convolution there, so no such row.

import { createRequire } from "node:module";
import { dirname } from "node:path";
import { answer, numbers, product } from "./measure.mjs";

const require = createRequire(import.meta.url);
const quiet = console.log;
console.log = () => {};
console.warn = () => {};
const tf = require("@tensorflow/tfjs");
const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm");

setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
await tf.setBackend("wasm");
await tf.ready();
console.log = quiet;
if (tf.getBackend() !== "wasm") throw new Error("the WebAssembly backend does not start");

const draw = numbers(1);
const normal = (shape, scale = 1) => tf.tensor(draw(product(shape), scale), shape);

function trained(activation, sizes, x, y) {
  const params = sizes.slice(1).map((n, i) => ({
    w: tf.variable(normal([sizes[i], n], Math.sqrt(2 / sizes[i]))),
    b: tf.variable(tf.zeros([n])),
  }));
  const optimizer = tf.train.adam(1e-3);
  const loss = () => {
    const out = params.reduce((h, { w, b }, i) => {
      const z = h.matMul(w).add(b);
      return i < params.length - 1 ? activation(z) : z;
    }, x);
    return out.sub(y).square().mean();
  };
  return () => {
    const value = optimizer.minimize(loss, true);
    const number = value.dataSync()[0];
    value.dispose();
    return number;
  };
}

const gemm = (n) => () => {
  const [a, b] = [normal([n, n]), normal([n, n])];
  return () => a.matMul(b).dispose();
};
const axpb = (n) => () => {
  const x = tf.linspace(-1, 1, n);
  return () => tf.tidy(() => x.mul(2).add(1)).dispose();
};

await answer({
  tiny: { tiny: () => trained((x) => x.tanh(), [2, 16, 16, 1], normal([32, 2]), normal([32, 1])) },
  mlp: { mlp: () => trained((x) => x.relu(), [784, 512, 256, 10], normal([128, 784]), normal([128, 10])) },
  fused: {
    fused: () => {
      const x = normal([1_000_000]);
      const step = tf.valueAndGrad((a) => a.mul(2).add(1).tanh().mul(a.square().neg().exp()).sum());
      return () => {
        const { value, grad } = step(x);
        const number = value.dataSync()[0];
        value.dispose();
        grad.dispose();
        return number;
      };
    },
  },
  axpb: { "axpb 1e6": axpb(1e6), "axpb 16e6": axpb(16e6) },
  gemm: { "gemm 256": gemm(256), "gemm 512": gemm(512), "gemm 1024": gemm(1024) },
  eager: {
    eager: () => {
      const [x, y] = [normal([1000]), normal([1000])];
      return () => x.add(y).dispose();
    },
  },
  adam: {
    "adam 1 leaf": () => {
      // The optimizer finds it by its name.
      tf.variable(tf.zeros([1e6]), true, "p");
      const optimizer = tf.train.adam(1e-3);
      const g = normal([1e6]);
      return () => optimizer.applyGradients({ p: g });
    },
  },
});
