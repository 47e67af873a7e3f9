// The least program there is: the library, and a first result.

import { numpy as np } from "cotangent";

console.log(np.add(1, 1).item());
