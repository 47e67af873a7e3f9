// One step of Adam on a network of dense layers; parameters and state are donated.

import { timed } from "../workload.js";
import { mlpStep } from "./networks.js";

export const workload = timed({ mlp: mlpStep });
