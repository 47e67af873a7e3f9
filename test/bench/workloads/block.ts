// A pre-norm transformer block: causal attention and a feed-forward part of four times the width, each added to its input.

import { jit, type NDArray, nn, numpy as np, random, valueAndGrad } from "cotangent";
import { timed } from "../workload.js";

const [WIDTH, HEADS, LENGTH, BATCH] = [128, 4, 64, 8];

const init = () => {
  const dense = (seed: number, inputs: number, outputs: number) => ({
    w: nn.initializers.lecunNormal()(random.key(seed), [inputs, outputs]),
    b: np.zeros([outputs]),
  });
  const norm = () => ({ scale: np.ones([WIDTH]), bias: np.zeros([WIDTH]) });
  return {
    norms: [norm(), norm()] as const,
    qkv: dense(0, WIDTH, 3 * WIDTH),
    out: dense(1, WIDTH, WIDTH),
    up: dense(2, WIDTH, 4 * WIDTH),
    down: dense(3, 4 * WIDTH, WIDTH),
  };
};
type Params = ReturnType<typeof init>;

function attention({ qkv, out }: Params, x: NDArray): NDArray {
  const [q, k, v] = np.split(nn.dense(x, qkv.w, qkv.b), 3, -1).map((y) => y.reshape([BATCH, LENGTH, HEADS, WIDTH / HEADS]));
  return nn.dense(nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([BATCH, LENGTH, WIDTH]), out.w, out.b);
}

function loss(params: Params, x: NDArray): NDArray {
  const h = x.add(attention(params, nn.layerNorm(x, params.norms[0])));
  const inner = nn.gelu(nn.dense(nn.layerNorm(h, params.norms[1]), params.up.w, params.up.b));
  return h
    .add(nn.dense(inner, params.down.w, params.down.b))
    .square()
    .mean();
}

export const workload = timed({
  block: () => {
    const [params, x] = [init(), random.normal(random.key(9), [BATCH, LENGTH, WIDTH])];
    const step = jit(valueAndGrad(loss));
    return () => step(params, x)[0].item();
  },
});
