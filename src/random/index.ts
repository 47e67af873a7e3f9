// Random numbers: pure functions of a key. The same key gives the same numbers, eager or compiled, mapped or not.

import "../install.js";

export { bits } from "./bits.js";
export { cauchy, exponential, gumbel, laplace, logistic, lognormal, normal, pareto, truncatedNormal } from "./continuous.js";
export { bernoulli, categorical, type CategoricalOptions, rademacher, randint } from "./discrete.js";
export { beta, chisquare, dirichlet, gamma, loggamma, t } from "./gamma.js";
export { foldIn, key, split, splitKeys } from "./keys.js";
export { orthogonal, type OrthogonalOptions } from "./orthogonal.js";
export type { FloatOptions } from "./parameters.js";
export { choice, type ChoiceOptions, permutation, type PermutationOptions } from "./permute.js";
export { splitLike } from "./splitLike.js";
export { uniform, type UniformOptions } from "./uniform.js";
