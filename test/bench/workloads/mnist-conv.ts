// The training run of the convolutional network.

import { training } from "./mnist.js";

export const workload = training("conv");
