// dot_general as a batched matrix product on strides. Groups of axes (batch, free, contracted) that lie evenly become one
// axis of the product; where they do not, the operand is copied into order first.

import { isFloat } from "../core/dtype.js";
import type { Equation } from "../core/jaxpr.js";
import { range, sizeOf } from "../core/shape.js";
import type { MatrixAccess } from "../loop/ir.js";
import type { DotParams } from "../ops/dot.js";
import { NestBody } from "./body.js";
import type { Lowering, Rule } from "./lowering.js";
import { type Value, type View, reshapeView, transposeView, wholeView } from "./views.js";

/** Axes of an operand by what they are to the product. */
interface Groups {
  readonly batch: readonly number[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** The operand as `[batch, rows, columns]`. */
function asMatrices(lowering: Lowering, x: Value, { batch, rows, columns }: Groups): View {
  const ordered = transposeView(x, [...batch, ...rows, ...columns]);
  const size = (axes: readonly number[]): number => sizeOf(axes.map((axis) => x.shape[axis]));
  const shape = [size(batch), size(rows), size(columns)];
  const viewed = reshapeView(ordered, shape);
  if (viewed?.kind === "view") return viewed;
  const copy = lowering.contiguous(ordered);
  return { ...wholeView(copy.buffer, shape, x.dtype), offset: copy.offset };
}

const accessOf = ({ buffer, offset, strides }: View): MatrixAccess => ({
  buffer,
  offset,
  batch: strides[0],
  row: strides[1],
  column: strides[2],
});

export const lowerDot: Rule = (lowering, equation: Equation, [x, y]) => {
  const {
    dimensionNumbers: [[lhsContracting, rhsContracting], [lhsBatch, rhsBatch]],
  } = equation.params as DotParams;
  const { shape, dtype } = equation.outputs[0].aval;
  if (sizeOf(x.shape) === 0 || sizeOf(y.shape) === 0) return [{ kind: "splat", value: 0, shape, dtype }];
  const free = (v: Value, ...taken: readonly (readonly number[])[]): number[] =>
    range(0, v.shape.length).filter((axis) => !taken.some((axes) => axes.includes(axis)));
  const a = asMatrices(lowering, x, { batch: lhsBatch, rows: free(x, lhsBatch, lhsContracting), columns: lhsContracting });
  const b = asMatrices(lowering, y, { batch: rhsBatch, rows: rhsContracting, columns: free(y, rhsBatch, rhsContracting) });
  const [batch, m, k] = a.shape;
  const n = b.shape[2];
  if (!isFloat(dtype)) return integerProduct(lowering, a, b, equation);
  const out = wholeView(lowering.buffer(dtype, sizeOf(shape)), shape, dtype);
  const c: MatrixAccess = { buffer: out.buffer, offset: 0, batch: m * n, row: n, column: 1 };
  lowering.steps.push({ kind: "dot", dtype, batch, m, n, k, a: accessOf(a), b: accessOf(b), c });
  return [out];
};

/** Integers wrap in any order: a sum over a nest. Products may be wider than the operands. */
function integerProduct(lowering: Lowering, a: View, b: View, equation: Equation): readonly Value[] | undefined {
  const { shape, dtype } = equation.outputs[0].aval;
  if (!lowering.target.supports("mul", dtype)) return undefined;
  const body = new NestBody([...a.shape.slice(0, 2), b.shape[2], a.shape[2]]);
  const [aBatch, aRow, aColumn] = a.strides;
  const [bBatch, bRow, bColumn] = b.strides;
  const factor = (x: View, strides: readonly number[]): number => {
    const element = body.load({ buffer: x.buffer, offset: x.offset, strides }, x.dtype);
    return x.dtype === dtype ? element : body.apply("convert", dtype, element);
  };
  body.apply("mul", dtype, factor(a, [aBatch, aRow, 0, aColumn]), factor(b, [bBatch, 0, bColumn, bRow]));
  const product = lowering.nest(body.shape, body.nodes, dtype, { kind: "sum", axes: [3] });
  return [wholeView(product.buffer, shape, dtype)];
}
