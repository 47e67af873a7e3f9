// The subscripts of einsum. Enters the string and the operands' types, leaves a label for each axis: a letter, or a name
// for an axis that "..." stands for, counted from the last so that these line up as in broadcasting.

import { type Aval, showAval } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { range } from "../core/shape.js";

/** Labels of the operands' axes and of the result's. */
export interface EinsumTerms {
  readonly subscripts: string;
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

const invalid = (subscripts: string, expected: string, received: string, remedy: string): ShapeError =>
  new ShapeError({ op: "einsum", expected, received: `${received} in "${subscripts}"`, remedy });

/** The axis that is `k`-th from the last among those of "...". */
const hidden = (k: number): string => `...${k}`;
const hiddenAxes = (count: number): string[] => range(0, count).map((k) => hidden(count - 1 - k));

const ELLIPSIS = "...";

/** A term as letters and at most one ellipsis. */
function tokens(subscripts: string, term: string): readonly string[] {
  const found = term.match(/\.\.\.|./gu) ?? [];
  const wrong = found.find((token) => token !== ELLIPSIS && !/^[A-Za-z]$/.test(token));
  if (wrong !== undefined) {
    throw invalid(subscripts, `letters, "...", "," and one "->"`, `"${wrong}"`, "name each axis by one letter");
  }
  if (found.filter((token) => token === ELLIPSIS).length <= 1) return found;
  throw invalid(subscripts, `"..." at most once in each term`, `"${term}"`, "name the other axes by letters");
}

function labelsOf(subscripts: string, term: readonly string[], operand: Aval, index: number): string[] {
  const letters = term.filter((token) => token !== ELLIPSIS).length;
  const ndim = operand.shape.length;
  const fits = term.includes(ELLIPSIS) ? letters <= ndim : letters === ndim;
  if (fits) return term.flatMap((token) => (token === ELLIPSIS ? hiddenAxes(ndim - letters) : [token]));
  throw new ShapeError({
    op: "einsum",
    expected: `${letters}${term.includes(ELLIPSIS) ? " or more" : ""} axes of operand ${index}, as "${term.join("")}" in "${subscripts}" has letters`,
    received: showAval(operand),
    remedy: `give a letter to each axis, or "..." for those that broadcast`,
  });
}

const count = (list: readonly string[], label: string): number => list.filter((other) => other === label).length;

/** Without "->": what stands for "...", then the letters that stand once, in alphabetical order. */
function implicitOutput(inputs: readonly (readonly string[])[], ellipsis: readonly string[]): string[] {
  const all = inputs.flat();
  const once = [...new Set(all)].filter((label) => !label.startsWith(ELLIPSIS) && count(all, label) === 1);
  return [...ellipsis, ...once.sort()];
}

function explicitOutput(subscripts: string, term: string, inputs: readonly (readonly string[])[], ellipsis: readonly string[]): string[] {
  const list = tokens(subscripts, term);
  const known = new Set(inputs.flat());
  const unknown = list.find((token) => token !== ELLIPSIS && !known.has(token));
  if (unknown !== undefined) {
    throw invalid(subscripts, "letters of the result that an operand has", `"${unknown}" after "->"`, "remove it, or add it to an operand");
  }
  const repeated = list.find((token) => count(list, token) > 1);
  if (repeated !== undefined) {
    throw invalid(subscripts, `each letter once after "->"`, `"${repeated}" twice`, "take out the diagonal only in operands");
  }
  if (ellipsis.length > 0 && !list.includes(ELLIPSIS)) {
    throw invalid(subscripts, `"..." after "->", as an operand has it`, `"${term}"`, `add "...", or name the axes to sum over by letters`);
  }
  return list.flatMap((token) => (token === ELLIPSIS ? ellipsis : [token]));
}

/**
 * The labels that `subscripts` gives to the axes of operands of these types.
 *
 * @throws ShapeError for subscripts that do not parse, or whose letters do not fit the operands.
 */
export function parseEinsum(subscripts: string, operands: readonly Aval[]): EinsumTerms {
  const [left, right, ...more] = subscripts.replaceAll(/\s/g, "").split("->");
  if (more.length > 0) throw invalid(subscripts, `one "->"`, "several", "say once what the result has");
  const terms = left.split(",");
  if (terms.length !== operands.length) {
    throw invalid(subscripts, `${operands.length} terms, one for each operand`, String(terms.length), "separate the terms by commas");
  }
  const inputs = terms.map((term, i) => labelsOf(subscripts, tokens(subscripts, term), operands[i], i));
  const widest = Math.max(0, ...inputs.map((labels) => labels.filter((label) => label.startsWith(ELLIPSIS)).length));
  const ellipsis = hiddenAxes(widest);
  const output = right === undefined ? implicitOutput(inputs, ellipsis) : explicitOutput(subscripts, right, inputs, ellipsis);
  return { subscripts, inputs, output };
}
