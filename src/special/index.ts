// Functions of jax.scipy.special: errors, logits and entropies, accurate at their edges. Integers and bool become float32,
// operands promote and broadcast.

import "../install.js";

export { entr, erf, erfc, erfinv, expit, logit, logNdtr, ndtr, xlog1py, xlogy } from "./functions.js";
