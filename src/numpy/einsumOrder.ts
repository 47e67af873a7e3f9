// The order in which einsum contracts its operands. Enters the operands' labels, leaves pairs of positions: each pair goes
// from the list and its product comes to the end. Of few operands the order with the least work, of many a greedy one.

/** The size of each label. */
export type Sizes = ReadonlyMap<string, number>;

type Labels = readonly string[];
type Pair = readonly [number, number];

/** Up to so many operands all orders are compared: 180 of them. */
const EXHAUSTIVE = 5;

function sizeOf(labels: Iterable<string>, sizes: Sizes): number {
  let size = 1;
  for (const label of labels) size *= sizes.get(label) ?? 1;
  return size;
}

interface Step {
  readonly pair: Pair;
  /** What is left, the product last. */
  readonly pending: readonly Labels[];
  /** Multiplications. */
  readonly work: number;
  /** Elements of the product, less those of its factors. */
  readonly growth: number;
  readonly shares: boolean;
}

function step(pending: readonly Labels[], pair: Pair, output: Labels, sizes: Sizes): Step {
  const [x, y] = pair.map((k) => pending[k]);
  const others = pending.filter((_, k) => !pair.includes(k));
  const needed = new Set([...output, ...others.flat()]);
  const all = new Set([...x, ...y]);
  const product = [...all].filter((label) => needed.has(label));
  return {
    pair,
    pending: [...others, product],
    work: sizeOf(all, sizes),
    growth: sizeOf(product, sizes) - sizeOf(x, sizes) - sizeOf(y, sizes),
    shares: x.some((label) => y.includes(label)),
  };
}

const steps = (pending: readonly Labels[], output: Labels, sizes: Sizes): Step[] =>
  pending.flatMap((_, j) => pending.slice(0, j).map((__, i) => step(pending, [i, j], output, sizes)));

interface Order {
  readonly pairs: readonly Pair[];
  readonly work: number;
}

/** The order with the least work, if that is below `limit`. */
function cheapest(pending: readonly Labels[], output: Labels, sizes: Sizes, limit: number): Order | undefined {
  if (pending.length < 2) return { pairs: [], work: 0 };
  let best: Order | undefined;
  for (const next of steps(pending, output, sizes)) {
    const room = (best?.work ?? limit) - next.work;
    if (room <= 0) continue;
    const rest = cheapest(next.pending, output, sizes, room);
    if (rest !== undefined && rest.work < room) best = { pairs: [next.pair, ...rest.pairs], work: next.work + rest.work };
  }
  return best;
}

/** Pairs that share a label before others, then what makes memory grow least, then the least work. */
const isBetter = (a: Step, b: Step): boolean =>
  a.shares !== b.shares ? a.shares : a.growth !== b.growth ? a.growth < b.growth : a.work < b.work;

function greedy(labels: readonly Labels[], output: Labels, sizes: Sizes): Pair[] {
  const pairs: Pair[] = [];
  let pending = labels;
  while (pending.length > 1) {
    const next = steps(pending, output, sizes).reduce((best, other) => (isBetter(other, best) ? other : best));
    pairs.push(next.pair);
    pending = next.pending;
  }
  return pairs;
}

/** The pairs to contract, one after the other. */
export function contractionOrder(labels: readonly Labels[], output: Labels, sizes: Sizes): readonly Pair[] {
  const exact = labels.length <= EXHAUSTIVE ? cheapest(labels, output, sizes, Infinity) : undefined;
  return exact?.pairs ?? greedy(labels, output, sizes);
}
