// All elementwise functions together.

export * from "./arithmetic.js";
export * from "./bitwise.js";
export * from "./comparison.js";
export * from "./exponential.js";
export * from "./power.js";
export * from "./rounding.js";
export * from "./sinc.js";
export * from "./trigonometric.js";
export * from "./where.js";
