// What computes the cases of losses.json.

import * as optim from "../../src/optim/index.js";
import type { Losses } from "./losses.js";

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
