// One step of Adam on the example's convolutional network, 32 images.

import { type NDArray, numpy as np, optim, random } from "cotangent";
import { networks } from "../../../examples/digits/model.js";
import { timed } from "../workload.js";
import { adamStep } from "./networks.js";

export const workload = timed({
  conv: () => {
    const { init, apply } = networks.conv;
    const loss = (params: ReturnType<typeof init>, x: NDArray, y: NDArray): NDArray =>
      optim.softmaxCrossEntropyWithIntegerLabels(apply(params, x), y).mean();
    const labels = np.arange(32, { dtype: "int32" }).mod(10);
    return adamStep(loss, init(random.key(0)), [random.normal(random.key(1), [32, 784]), labels], true);
  },
});
