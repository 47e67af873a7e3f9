// The networks that several rows train: parameters, a batch, and a jitted step of Adam that keeps its own state and reads
// the loss back. Everything is drawn from fixed keys.

import { jit, type NDArray, nn, numpy as np, optim, random, valueAndGrad } from "cotangent";

export interface Layer {
  readonly w: NDArray;
  readonly b: NDArray;
}

export const layers = (sizes: readonly number[]): readonly Layer[] =>
  sizes.slice(1).map((outputs, i) => ({
    w: nn.initializers.heNormal()(random.key(i), [sizes[i], outputs]),
    b: np.zeros([outputs]),
  }));

type Activation = (x: NDArray) => NDArray;

const apply = (params: readonly Layer[], x: NDArray, activation: Activation): NDArray =>
  params.reduce((h, { w, b }, i) => {
    const y = h.matmul(w).add(b);
    return i < params.length - 1 ? activation(y) : y;
  }, x);

/** The mean squared error of a network of dense layers. */
export const squaredErrorOf =
  (activation: Activation) =>
  (params: readonly Layer[], x: NDArray, y: NDArray): NDArray =>
    apply(params, x, activation).sub(y).square().mean();

/** A step of Adam from the state that the one before left; gives the loss as a number. */
export function adamStep<Params>(
  loss: (params: Params, x: NDArray, y: NDArray) => NDArray,
  params: Params,
  batch: readonly [x: NDArray, y: NDArray],
  donated: boolean,
): () => number {
  const optimizer = optim.adam<Params>({ learningRate: 1e-3 });
  type State = ReturnType<typeof optimizer.init>;
  const update = (now: Params, state: State, x: NDArray, y: NDArray) => {
    const [value, grads] = valueAndGrad(loss)(now, x, y);
    const [updates, next] = optimizer.update(grads as Params, state, now);
    return [optim.applyUpdates(now, updates), next, value] as const;
  };
  const step = donated ? jit(update, { donateArgnums: [0, 1] }) : jit(update);
  let [current, state] = [params, optimizer.init(params)];
  return () => {
    // The step gives back what it takes; for an unknown tree the compiler cannot see it.
    const [next, nextState, value] = step(current as never, state as never, batch[0], batch[1]);
    [current, state] = [next as Params, nextState as State];
    return value.item();
  };
}

const normal = (seed: number, shape: readonly number[]): NDArray => random.normal(random.key(100 + seed), shape);

export const tinyStep = (): (() => number) =>
  adamStep(squaredErrorOf(nn.tanh), layers([2, 16, 16, 1]), [normal(0, [32, 2]), normal(1, [32, 1])], false);

export const mlpStep = (): (() => number) =>
  adamStep(squaredErrorOf(nn.relu), layers([784, 512, 256, 10]), [normal(0, [128, 784]), normal(1, [128, 10])], true);
