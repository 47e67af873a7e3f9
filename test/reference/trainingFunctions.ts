// What computes the cases of losses.json and optimizers.json.

import * as optim from "../../src/optim/index.js";
import type { Losses } from "./losses.js";
import { type AnyDriven, type Optimizers, type Params, driven } from "./optimizers.js";

export const losses: Losses = {
  softmaxCrossEntropyWithIntegerLabels: () => (x, y) => optim.softmaxCrossEntropyWithIntegerLabels(x, y),
  softmaxCrossEntropy: () => (x, y) => optim.softmaxCrossEntropy(x, y),
  sigmoidBinaryCrossEntropy: () => optim.sigmoidBinaryCrossEntropy,
  l2Loss: () => (x, y) => optim.l2Loss(x, y),
  squaredError: () => (x, y) => optim.squaredError(x, y),
  huberLoss: (attrs) => {
    const delta = attrs.numberOr("delta", 1);
    return (x, y) => optim.huberLoss(x, y, { delta });
  },
  logCosh: () => (x, y) => optim.logCosh(x, y),
  cosineSimilarity: () => (x, y) => optim.cosineSimilarity(x, y),
  hingeLoss: () => optim.hingeLoss,
  klDivergence: () => (x, y) => optim.klDivergence(x, y),
};

/** A gradient transformation as the harness drives it. */
const transformation = <State>(t: optim.GradientTransformation<Params, State>): AnyDriven =>
  driven<State>({
    init: (params) => t.init(params),
    step: (grads, state, params) => {
      const [updates, next] = t.update(grads, state, params);
      return [optim.applyUpdates(params, updates), next];
    },
  });

export const optimizers: Optimizers = {
  sgd: (attrs) =>
    transformation(
      optim.sgd<Params>({
        learningRate: attrs.number("learningRate"),
        momentum: attrs.numberOr("momentum", 0),
        nesterov: attrs.booleanOr("nesterov", false),
      }),
    ),
  adam: (attrs) =>
    transformation(
      optim.adam<Params>({
        learningRate: attrs.number("learningRate"),
        b1: attrs.numberOr("b1", 0.9),
        b2: attrs.numberOr("b2", 0.999),
        eps: attrs.numberOr("eps", 1e-8),
      }),
    ),
};
