// What a stranger's strict type-checker must accept and refuse, with the declarations of the packed library alone.

import { grad, jit, numpy as np, valueAndGrad, type NDArray } from "cotangent";

interface Params {
  readonly w: NDArray;
  readonly b: NDArray;
}

const f = (x: NDArray): NDArray => x.mul(x).sum();
const loss = (params: Params, x: NDArray): NDArray => x.mul(params.w).add(params.b).sum();

const x = np.array([1, 2, 3]);
const params: Params = { w: np.array([1, 1, 1]), b: np.array(0) };

// The gradient has the type of what it differentiates: an array for an array, the same record for a record.
export const slope: NDArray = grad(jit(f))(x);
export const gradients: Params = jit(grad(loss))(params, x);
export const [value, again]: readonly [NDArray, Params] = valueAndGrad(loss)(params, x);

// @ts-expect-error A gradient of a record is no array.
export const wrong: NDArray = grad(loss)(params, x);
// @ts-expect-error The second argument is missing.
grad(loss)(params);
