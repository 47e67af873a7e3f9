// The table's rows: which cases each has, in which unit, and what it should reach. Peers answer by the same names.
// Plain data: neither the library nor a workload is imported here.

/** Times in milliseconds or seconds, sizes in megabytes (10⁶ bytes), shares in percent. */
export type Unit = "ms" | "s" | "MB" | "%";

export interface Case {
  readonly name: string;
  readonly unit: Unit;
  /** What is aimed at: at most this, or at least this where more is better. */
  readonly target?: number;
  readonly moreIsBetter?: boolean;
}

export interface Row {
  readonly id: string;
  readonly work: string;
  readonly cases: readonly Case[];
}

const ms = (name: string, target?: number): Case => ({ name, unit: "ms", ...(target === undefined ? {} : { target }) });

const training = (id: string, work: string, seconds: number, percent: number): Row => ({
  id,
  work: `${work}: 8 epochs of Adam on 8,000 digits, tested on 2,000`,
  cases: [
    { name: `${id} training`, unit: "s", target: seconds },
    { name: `${id} accuracy`, unit: "%", target: percent, moreIsBetter: true },
  ],
});

export const rows: readonly Row[] = [
  { id: "tiny", work: "MLP 2-16-16-1, tanh, MSE, batch 32: one Adam step", cases: [ms("tiny", 0.008)] },
  { id: "mlp", work: "MLP 784-512-256-10, relu, MSE, batch 128: one Adam step, donated", cases: [ms("mlp", 3.2)] },
  { id: "conv", work: "two 3x3 convolutions with max pooling, dense, cross-entropy, batch 32: one Adam step", cases: [ms("conv", 7)] },
  { id: "fused", work: "value and gradient of sum(tanh(2x+1)·exp(-x²)), 1e6 elements", cases: [ms("fused", 0.75)] },
  { id: "axpb", work: "2x+1", cases: [ms("axpb 1e6", 0.09), ms("axpb 16e6", 3.5)] },
  { id: "gemm", work: "matmul", cases: [ms("gemm 256", 0.35), ms("gemm 512", 2.4), ms("gemm 1024", 19.5), ms("gemm 2048", 160)] },
  { id: "block", work: "pre-norm transformer block, D 128, 4 heads, T 64, batch 8: value and gradient", cases: [ms("block", 6)] },
  { id: "rnn", work: "tanh RNN by scan, T 128, batch 16, 32→64: value and gradient", cases: [ms("rnn", 1.5)] },
  { id: "scan", work: "a loop of 100,000 steps of ten operations on a number; 2 ms are 20 ns a step", cases: [ms("scan 100,000", 2)] },
  { id: "hvp", work: "Hessian-vector product of sum(tanh(xW)³), 64x64", cases: [ms("hvp", 0.045)] },
  { id: "eager", work: "one sum of two arrays of 1000 elements, not jitted", cases: [ms("eager", 0.002)] },
  { id: "first", work: "first call of a step in a fresh process: trace, compile, run", cases: [ms("first tiny", 25), ms("first mlp", 30)] },
  { id: "import", work: "import to the first result of 1+1, beyond bare Node", cases: [ms("import", 60)] },
  {
    id: "call",
    work: "a jitted call of 12 leaves of 4 elements, nearly all overhead",
    cases: [ms("call 12 to 1", 0.002), ms("call 12 to 12", 0.002)],
  },
  {
    id: "adam",
    work: "Adam on 1e6 parameters, donated; share of the bandwidth of a copy",
    cases: [ms("adam 1 leaf"), ms("adam 100 leaves"), { name: "adam bandwidth", unit: "%", moreIsBetter: true }],
  },
  training("mnist-mlp", "784-256-128-10", 1, 94.5),
  training("mnist-conv", "the network of conv, batch 128", 8, 97.5),
  {
    id: "soak",
    work: "undonated steps of 4 MB of results each: largest resident size, and its growth over the second half",
    cases: [
      { name: "soak", unit: "MB", target: 1000 },
      { name: "soak growth", unit: "MB", target: 50 },
      { name: "soak await", unit: "MB", target: 1000 },
      { name: "soak await growth", unit: "MB", target: 50 },
    ],
  },
  {
    id: "scale",
    work: "time against size; the note has the figures of each size",
    cases: ["trace an equation", "compile an equation", "run an equation", "run 1e6 elements", "Adam on 1e6 parameters"].map((name) =>
      ms(name),
    ),
  },
];
