// One step of Adam on a network so small that the wrapper is what is measured.

import { timed } from "../workload.js";
import { tinyStep } from "./networks.js";

export const workload = timed({ tiny: tinyStep });
