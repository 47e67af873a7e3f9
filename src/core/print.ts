// Jaxprs as text, in JAX's form: `{ lambda ; a:f32[3]. let b:f32[3] = sin a in (b,) }`.
// Variables are named in order of appearance, over nested programs too; one that is never read prints as `_`.

import { shortAval } from "./aval.js";
import { isDType } from "./dtype.js";
import type { Atom, Equation, Jaxpr, Literal, Var } from "./jaxpr.js";
import { type Doc, brk, concat, group, join, nest, render, text } from "./pretty.js";

class Names {
  readonly #names = new Map<Var, string>();
  readonly #read = new Set<Atom>();

  /** Notes what `jaxpr` and the programs inside of it read. */
  note(jaxpr: Jaxpr): void {
    for (const equation of jaxpr.equations) for (const atom of equation.inputs) this.#read.add(atom);
    for (const atom of jaxpr.outvars) this.#read.add(atom);
  }

  of(v: Var): string {
    let name = this.#names.get(v);
    if (name === undefined) {
      name = letters(this.#names.size);
      this.#names.set(v, name);
    }
    return name;
  }

  binder(v: Var, dropUnread: boolean): string {
    return `${dropUnread && !this.#read.has(v) ? "_" : this.of(v)}:${shortAval(v.aval)}`;
  }
}

/** 0 → a, 25 → z, 26 → ba: base 26, as JAX names variables. */
function letters(n: number): string {
  let name = "";
  for (let rest = n; name === "" || rest > 0; rest = Math.floor(rest / 26)) name = String.fromCharCode(97 + (rest % 26)) + name;
  return name;
}

/** The text of a jaxpr, lines up to 80 columns. */
export function printJaxpr(jaxpr: Jaxpr): string {
  return render(program(jaxpr, new Names()));
}

/** The text of each equation, variables named as in the whole program. */
export function equationTexts(jaxpr: Jaxpr): readonly string[] {
  const names = new Names();
  names.note(jaxpr);
  for (const v of [...jaxpr.constvars, ...jaxpr.invars]) names.of(v);
  return jaxpr.equations.map((equation) => render(group(equationDoc(equation, names))));
}

function program(jaxpr: Jaxpr, names: Names): Doc {
  names.note(jaxpr);
  const constvars = jaxpr.constvars.map((v) => names.binder(v, false)).join(" ");
  const invars = jaxpr.invars.map((v) => names.binder(v, false)).join(" ");
  const head = concat(text("{ lambda "), text(constvars), text("; "), text(invars), text(". let"));
  const equations = jaxpr.equations.map((equation) => equationDoc(equation, names));
  const outs = jaxpr.outvars.map((atom) => atomText(atom, names));
  const tail = outs.length === 1 ? `in (${outs[0]},)` : `in (${outs.join(", ")})`;
  const body = concat(nest(2, concat(brk(" "), join(brk("; "), equations))), brk(" "));
  return group(concat(nest(2, concat(head, body, text(tail))), text(" }")));
}

const atomText = (atom: Atom, names: Names): string => (atom.kind === "var" ? names.of(atom) : literalText(atom));

function literalText({ value, aval }: Literal): string {
  const fraction = aval.dtype === "float32" || aval.dtype === "float64";
  const number = aval.dtype === "bool" ? pythonValue(value !== 0) : fraction ? pythonFloat(value) : String(value);
  return `${number}:${shortAval(aval)}`;
}

function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  // Python turns to exponents below 1e-4 and from 1e16 on, and writes them with two digits.
  const shown = size !== 0 && (size < 1e-4 || size >= 1e16) ? value.toExponential() : String(value);
  return /[.e]/.test(shown) ? shown.replace(/e([+-])(\d)$/, "e$10$2") : `${shown}.0`;
}

function equationDoc(equation: Equation, names: Names): Doc {
  const outputs = equation.outputs.map((v) => names.binder(v, true)).join(" ");
  const hidden = new Set(equation.primitive.hidden?.(equation.params) ?? []);
  const params = Object.entries(equation.params)
    .filter(([key, value]) => !hidden.has(key) && value !== undefined)
    .map(([key, value]) => [snakeCase(key), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => concat(text(`${key}=`), key === "dimension_numbers" ? text(dimensionNumbers(value)) : valueDoc(value, names)));
  const brackets =
    params.length === 0 ? text("") : group(concat(nest(2, concat(text("["), brk(""), join(brk(" "), params))), brk(""), text("]")));
  const inputs = equation.inputs.map((atom) => ` ${atomText(atom, names)}`).join("");
  const bound = outputs === "" ? "" : `${outputs} = `;
  return concat(text(`${bound}${equation.primitive.name}`), brackets, text(inputs));
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

const isProgram = (value: object): value is Jaxpr => "equations" in value;
const isClosed = (value: object): value is { jaxpr: Jaxpr } => "jaxpr" in value && "consts" in value;

function valueDoc(value: unknown, names: Names): Doc {
  if (typeof value === "object" && value !== null) {
    if (isClosed(value)) return program(value.jaxpr, names);
    if (isProgram(value)) return program(value, names);
    if (Array.isArray(value) && value.some((v) => typeof v === "object" && v !== null && isClosed(v))) {
      const programs = value.map((v) => valueDoc(v, names));
      return concat(nest(2, concat(text("("), brk(""), join(brk(" "), programs))), brk(""), text(")"));
    }
  }
  return text(pythonValue(value));
}

// JAX writes those of dot as lists inside of tuples, the others as named tuples.
function dimensionNumbers(value: unknown): string {
  if (Array.isArray(value)) {
    const pairs = value.map((pair: readonly (readonly number[])[]) => `(${pair.map((axes) => `[${axes.join(", ")}]`).join(", ")})`);
    return `(${pairs.join(", ")})`;
  }
  if (typeof value !== "object" || value === null) return pythonValue(value);
  const name = "lhsSpec" in value ? "Conv" : "offsetDims" in value ? "Gather" : "Scatter";
  const fields = Object.entries(value).map(([key, field]) => `${snakeCase(key)}=${pythonValue(field)}`);
  return `${name}DimensionNumbers(${fields.join(", ")})`;
}

/** A parameter as Python writes it: lists as tuples, `None`, `True`, `False`; dtypes and modes bare. */
function pythonValue(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return isDType(value) || /^\w+$/.test(value) ? value : `'${value}'`;
  if (Array.isArray(value)) return value.length === 1 ? `(${pythonValue(value[0])},)` : `(${value.map(pythonValue).join(", ")})`;
  if (typeof value === "function") return "<function>";
  if (typeof value === "object") {
    const fields = Object.entries(value).map(([key, field]) => `${snakeCase(key)}=${pythonValue(field)}`);
    return `{${fields.join(", ")}}`;
  }
  return String(value);
}
