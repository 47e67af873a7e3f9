// A loop program as text: a line for each buffer, then the steps in order. Nests name their indices i, j, k, … and their
// nodes a, b, c, …; places in buffers are expressions in the indices, counted in elements.

import { shortName } from "../core/dtype.js";
import {
  type Access,
  type Branch,
  type ConvStep,
  type Dot,
  type HostStep,
  type IndexedWindows,
  type Loop,
  type LoopProgram,
  type MatrixAccess,
  type Nest,
  type Node,
  type Row,
  type SelectWindow,
  type Sliding,
  type Sort,
  type Step,
  type Store,
  type TensorAccess,
} from "./ir.js";

const letters = (n: number): string => (n < 26 ? "" : letters(Math.floor(n / 26) - 1)) + String.fromCharCode(97 + (n % 26));

const indexName = (axis: number): string => (axis < 8 ? "ijklmnop"[axis] : `i${axis}`);

/** `offset + Σ strides[k] · index[k]`, without what is zero. */
function placeOf(offset: number, strides: readonly number[], names: readonly string[]): string {
  const terms = strides.flatMap((stride, k) =>
    stride === 0 ? [] : [stride === 1 ? names[k] : stride === -1 ? `-${names[k]}` : `${stride}${names[k]}`],
  );
  if (offset !== 0 || terms.length === 0) terms.unshift(String(offset));
  return terms.join(" + ").replaceAll("+ -", "- ");
}

const accessText = ({ buffer, offset, strides }: Access): string =>
  `%${buffer}[${placeOf(
    offset,
    strides,
    strides.map((_, k) => indexName(k)),
  )}]`;

function nodeText(node: Node, i: number): string {
  const left = `${letters(i)}:${shortName(node.dtype)} =`;
  switch (node.kind) {
    case "load":
      return `${left} ${accessText(node.access)}`;
    case "constant":
      return `${left} ${Object.is(node.value, -0) ? "-0" : node.value}`;
    case "index":
      return `${left} ${indexName(node.axis)}`;
    case "apply":
      return `${left} ${[node.op, ...node.args.map(letters)].join(" ")}`;
    default:
      return node satisfies never;
  }
}

const storeText = ({ node, access, reduction }: Store): string =>
  `${accessText(access)} ${reduction === undefined ? "" : `${reduction} `}<- ${letters(node)}`;

const nestText = ({ sizes, nodes, stores }: Nest): string =>
  [
    `for ${sizes.map((n, k) => `${indexName(k)} < ${n}`).join(", ") || "one index"}`,
    ...nodes.map((node, i) => `  ${nodeText(node, i)}`),
    ...stores.map((store) => `  ${storeText(store)}`),
  ].join("\n");

const matrixText = ({ buffer, offset, batch, row, column }: MatrixAccess, names: readonly string[], batches: number): string =>
  `%${buffer}[${placeOf(offset, [batches === 1 ? 0 : batch, row, column], names)}]`;

const dotText = ({ dtype, batch, m, n, k, a, b, c }: Dot): string =>
  [
    `dot ${shortName(dtype)} i < ${m}, j < ${n}, k < ${k}${batch === 1 ? "" : `, for b < ${batch}`}`,
    `  ${matrixText(c, ["b", "i", "j"], batch)} <- sum ${matrixText(a, ["b", "i", "k"], batch)} ${matrixText(b, ["b", "k", "j"], batch)}`,
  ].join("\n");

const tensorText = ({ buffer, offset, outer, feature, space }: TensorAccess): string =>
  `%${buffer}[${offset}; ${[outer, feature, ...space].join()}]`;

function convText(step: ConvStep): string {
  const { kind, dtype, batch, groups, features, outputs, axes } = step;
  const places = axes.map((axis) => axis.places).join(" x ") || "1";
  const window = axes.map((axis) => axis.window).join(" x ") || "1";
  const head = `${kind.replaceAll("_", " ")} ${shortName(dtype)} of ${batch} x ${groups} x ${features} -> ${outputs}, ${places} windows of ${window}`;
  switch (kind) {
    case "conv":
      return `${head}\n  ${tensorText(step.result)} <- ${tensorText(step.image)} ${tensorText(step.kernel)}`;
    case "conv_input_gradient":
      return `${head}\n  ${tensorText(step.image)} <- ${tensorText(step.result)} ${tensorText(step.kernel)}`;
    case "conv_kernel_gradient":
      return `${head}\n  ${step.chunks} sums in %${step.partials} <- ${tensorText(step.image)} ${tensorText(step.result)}`;
    default:
      return kind satisfies never;
  }
}

const hostText = ({ equation, inputs, outputs }: HostStep): string =>
  `host ${equation.primitive.name}\n  ${[...outputs.map((b) => `%${b}`), "<-", ...inputs.map((b) => `%${b}`)].join(" ")}`;

const rowText = ({ buffer, offset }: Row): string => (offset === 0 ? `%${buffer}` : `%${buffer}[${offset}]`);

const windowsText = ({ axes }: SelectWindow): string =>
  `in ${axes.map((axis) => axis.places).join(" x ")} windows of ${axes.map((axis) => axis.window).join(" x ")}`;

const indexedText = ({ windows, sizes, clip }: IndexedWindows): string =>
  `${windows} windows of ${sizes.join(" x ") || "1"}${clip ? ", moved inside" : ""}`;

function sortText({ outer, size, inner, count, descending, keys, moved, positions, pairs }: Sort): string {
  const results = [...moved.map(({ target }) => target), ...(positions === undefined ? [] : [positions])];
  const by = keys.map(({ row }) => rowText(row)).join(" ");
  return [
    `sort${descending ? " down" : ""} ${outer} x ${size} x ${inner} by ${by}, first ${count}${pairs === undefined ? "" : `, line by line in %${pairs}`}`,
    `  ${results.map((b) => `%${b}`).join(" ")} <- ${moved.map(({ row }) => rowText(row)).join(" ")}`,
  ].join("\n");
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line.replaceAll("\n", "\n  ")}`);

const slidingText =
  (arrow: string) =>
  ({ row, of, first, stride }: Sliding): string =>
    `%${row} ${arrow} %${of}[${placeOf(first, [stride], ["turn"])} …]`;

function loopText({ turns, condition, carries, slices, stacks, body }: Loop): string {
  const bound = Number.isFinite(turns) ? ` ${condition === undefined ? "" : "at most "}${turns} times` : "";
  return [
    `loop${bound}`,
    ...indented([
      ...carries.map(({ initial, entry, exit, final, spare }) =>
        entry === exit
          ? `carry %${entry} = ${rowText(initial)}, updated in %${final}`
          : `carry %${entry} = ${rowText(initial)}, then %${exit}, in %${spare} and %${final}`,
      ),
      ...slices.map(slidingText("=")),
      ...stacks.map(slidingText("in")),
    ]),
    ...(condition === undefined ? [] : ["while", ...indented([...condition.steps.map(stepText), `holds ${rowText(condition.holds)}`])]),
    "do",
    ...indented(body.map(stepText)),
  ].join("\n");
}

const branchText = ({ index, branches }: Branch): string =>
  [`branch by ${rowText(index)}`, ...branches.flatMap((steps, i) => [`case ${i}`, ...indented(steps.map(stepText))])].join("\n");

function stepText(step: Step): string {
  switch (step.kind) {
    case "nest":
      return nestText(step);
    case "finished":
      return `${stepText(step.product)}\nthen ${nestText(step.finish)}`;
    case "rows": {
      const own = step.own.length === 0 ? "" : `, of ${step.own.map(({ buffer }) => `%${buffer}`).join(" ")} no more`;
      return [`for ${step.rows} rows, ${step.block} at a time${own}`, ...indented(step.nests.map(nestText))].join("\n");
    }
    case "dot":
      return dotText(step);
    case "conv":
    case "conv_input_gradient":
    case "conv_kernel_gradient":
      return convText(step);
    case "select_window":
      return `${step.direction} selected ${step.select} ${windowsText(step)}\n  %${step.target} <- ${rowText(step.operand)} ${rowText(step.source)}`;
    case "running":
      return `running ${step.fold} over ${step.outer} x ${step.size} x ${step.inner}${step.reverse ? ", from the end" : ""}\n  %${step.target} <- ${step.inputs.map(rowText).join(" ")}`;
    case "gather":
      return `gather ${indexedText(step.where)}, else ${step.fill}\n  %${step.target} <- ${rowText(step.operand)} ${rowText(step.where.indices)}`;
    case "scatter":
      return `scatter ${step.combine} ${indexedText(step.where)}\n  %${step.target} <- ${rowText(step.where.indices)} ${rowText(step.updates)}`;
    case "sort":
      return sortText(step);
    case "host":
      return hostText(step);
    case "loop":
      return loopText(step);
    case "branch":
      return branchText(step);
    default:
      return step satisfies never;
  }
}

/**
 * The program in a form to read.
 *
 * @example
 * // %0 f32[6] argument
 * // %1 f32[2] output
 * // for i < 2, j < 3
 * //   a:f32 = %0[3i + j]
 * //   b:f32 = tanh a
 * //   %1[i] sum <- b
 */
export const printLoops = ({ buffers, steps }: LoopProgram): string =>
  [...buffers.map(({ dtype, size, role }, b) => `%${b} ${shortName(dtype)}[${size}] ${role}`), ...steps.map(stepText)].join("\n");

/** The first line of a step's text: what it is. */
export const stepTitle = (step: Step): string => stepText(step).split("\n", 1)[0];
