// The training run of the dense network.

import { training } from "./mnist.js";

export const workload = training("mlp");
