// The inverse of erf: x in float32 lanes, the value within 1 ulp; ±∞ at ±1, NaN beyond. With w = −log(1 − x²), the quotient
// erfInv(x) / x is a smooth function of w, and of √w where w is large (the variables as in Giles, Approximating the erfinv
// function, 2010). In float64, where 1 − x² keeps all that matters; the polynomials interpolate at Chebyshev points.

import { unary } from "../formula.js";
import { inFloat64, wideLog2 } from "./wide.js";

/** In w − 3.125, within 2⁻³² for 0 ≤ w ≤ 6.25. */
const CENTRAL = [
  1.653654562750438, 0.24015818239056497, -0.0060336715440967035, -0.0007407021824181088, 0.0001867352844110164, -0.000013883102111691446,
  -0.0000013660982754644666, 4.238373136148507e-7, -2.890376021004464e-8, -4.219001599303571e-9, 1.0313215947428571e-9, -3.78036828672e-11,
  -1.2396711884507428e-11, 1.3642516712652803e-12,
];
const CENTRAL_LIMIT = 6.25;
/** In √w − 3.3, within 2⁻³¹·⁶ for 2.5 ≤ √w ≤ 4.1: 1 − x is at least 2⁻²⁴ in float32. */
const TAIL = [
  3.1341615323212055, 1.005769129253893, 0.004843585042271437, -0.0032931194903943945, 0.0021034767276846985, -0.0014180226718515663,
  0.0008322408205281755, -0.0003501142485121972, 0.00004682431265270556, 0.00006418689982304028, -0.00003641634288005384,
];

export const erfInv = unary((v, x) =>
  inFloat64(v, [x], (d, y) => {
    const rest = d.let(d.sub(1, d.mul(y, y)));
    const w = d.let(d.mul(wideLog2(d, rest), -Math.LN2));
    const quotient = d.let(d.polynomial(d.let(d.sub(w, 3.125)), CENTRAL));
    const isTail = d.let(d.gt(w, CENTRAL_LIMIT));
    d.whenAny(isTail, () => {
      const root = d.let(d.sub(d.sqrt(w), 3.3));
      d.set(quotient, d.select(isTail, d.polynomial(root, TAIL), quotient));
    });
    // y / √(1 − y²) is ±∞ at ±1, and NaN beyond.
    return d.select(d.gt(rest, 0), d.mul(y, quotient), d.div(y, d.sqrt(rest)));
  }),
);
