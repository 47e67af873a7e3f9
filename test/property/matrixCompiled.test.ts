// The matrix, compiled to WebAssembly: many primitives in one program, for each column and dtype. The suite takes float64
// and, of integers, one dtype a column in turns; the long form takes all.

import { expect, it } from "vitest";
import { installCompiler } from "../../src/core/executable.js";
import { dtypes } from "../../src/core/dtype.js";
import { compileProgram, evaluateEagerly } from "../../src/runtime/evaluator.js";
import { compiledHoles, makes } from "./matrix/compiled.js";
import { deep } from "./settings.js";

installCompiler(compileProgram, evaluateEagerly);

const columns = Object.keys(makes);
const others = dtypes.filter((dtype) => dtype !== "float64");
const cells = columns.flatMap((column, i) =>
  (deep ? dtypes : (["float64", others[i % others.length]] as const)).map((dtype) => [column, dtype] as const),
);

it.each(cells)("%s, %s: compiled as plainly", (column, dtype) => {
  expect(compiledHoles(column, dtype).join("\n\n")).toBe("");
});
