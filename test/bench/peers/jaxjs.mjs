// The rows in jax-js. Every function consumes its arguments; `.ref` keeps one for another use.

// It asks a global for WebGPU, which Node 20 does not have.
globalThis.navigator ??= {};

const { blockUntilReady, defaultDevice, grad, init, jit, jvp, lax, nn, numpy: np, tree, valueAndGrad } = await import("@jax-js/jax");
const { answer, numbers, product } = await import("./measure.mjs");

await init("wasm");
defaultDevice("wasm");

const draw = numbers(1);
const normal = (shape, scale = 1) => np.array(draw(product(shape), scale)).reshape(shape);
const layers = (sizes) => sizes.slice(1).map((n, i) => ({ w: normal([sizes[i], n], Math.sqrt(2 / sizes[i])), b: np.zeros([n]) }));

const squaredErrorOf = (activation) => (params, x, y) => {
  const out = params.reduce((h, { w, b }, i) => {
    const z = np.matmul(h, w).add(b);
    return i < params.length - 1 ? activation(z) : z;
  }, x);
  return np.square(out.sub(y)).mean();
};

const [B1, B2, RATE, EPSILON] = [0.9, 0.999, 1e-3, 1e-8];

/** Adam on one leaf; the corrections are 1 - decay^t. */
function adamLeaf(p, g, m, v, c1, c2) {
  const mean = m.mul(B1).add(g.ref.mul(1 - B1));
  const square = v.mul(B2).add(np.square(g).mul(1 - B2));
  const update = mean.ref
    .div(c1)
    .div(np.sqrt(square.ref.div(c2)).add(EPSILON))
    .mul(RATE);
  return [p.sub(update), mean, square];
}

function adam(params, grads, means, squares, count) {
  const [ps, structure] = tree.flatten(params);
  const [gs] = tree.flatten(grads);
  const t = count.add(1);
  const c1 = np.subtract(1, np.exp(t.ref.mul(Math.log(B1))));
  const c2 = np.subtract(1, np.exp(t.ref.mul(Math.log(B2))));
  const next = ps.map((p, i) => adamLeaf(p, gs[i], means[i], squares[i], c1.ref, c2.ref));
  c1.dispose();
  c2.dispose();
  return [
    tree.unflatten(
      structure,
      next.map(([p]) => p),
    ),
    next.map(([, m]) => m),
    next.map(([, , v]) => v),
    t,
  ];
}

function trained(loss, params, x, y) {
  const step = jit((now, means, squares, count, input, target) => {
    const [value, grads] = valueAndGrad(loss)(tree.ref(now), input, target);
    return [value, ...adam(now, grads, means, squares, count)];
  });
  const zeros = () => tree.flatten(tree.ref(params))[0].map((p) => np.zerosLike(p));
  let state = [params, zeros(), zeros(), np.array(0, { dtype: np.float32 })];
  return async () => {
    const [value, ...next] = step(...state, x.ref, y.ref);
    state = next;
    return value.item();
  };
}

const images = (n) => normal([n, 1, 28, 28]);
const oneHot = (n) =>
  nn.oneHot(
    np.array(
      Int32Array.from({ length: n }, (_, i) => i % 10),
      { dtype: np.int32 },
    ),
    10,
  );

function convolutional(params, x, y) {
  const block = (input, { w, b }) => {
    const z = nn.relu(lax.conv(input, w, [1, 1], "VALID").add(b.reshape([-1, 1, 1])));
    return lax.reduceWindow(z, np.max, [2, 2], [2, 2]);
  };
  const [first, second, dense] = params;
  const features = block(block(x, first), second);
  const logits = np.matmul(features.reshape([32, 1600]), dense.w).add(dense.b);
  return nn
    .logSoftmax(logits, -1)
    .mul(y)
    .sum()
    .mul(-1 / 32);
}

const gemm = (n) => () => {
  const [a, b] = [normal([n, n]), normal([n, n])];
  const step = jit((x, y) => np.matmul(x, y));
  return async () => (await blockUntilReady(step(a.ref, b.ref))).dispose();
};
const axpb = (n) => () => {
  const x = np.linspace(-1, 1, n);
  const step = jit((a) => a.mul(2).add(1));
  return async () => (await blockUntilReady(step(x.ref))).dispose();
};

await answer({
  tiny: {
    tiny: () =>
      trained(
        squaredErrorOf((x) => np.tanh(x)),
        layers([2, 16, 16, 1]),
        normal([32, 2]),
        normal([32, 1]),
      ),
  },
  mlp: {
    mlp: () =>
      trained(
        squaredErrorOf((x) => nn.relu(x)),
        layers([784, 512, 256, 10]),
        normal([128, 784]),
        normal([128, 10]),
      ),
  },
  conv: {
    conv: () => {
      const kernel = (shape) => ({ w: normal(shape, Math.sqrt(2 / product(shape.slice(1)))), b: np.zeros([shape[0]]) });
      const params = [kernel([32, 1, 3, 3]), kernel([64, 32, 3, 3]), ...layers([1600, 10])];
      return trained(convolutional, params, images(32), oneHot(32));
    },
  },
  fused: {
    fused: () => {
      const x = normal([1_000_000]);
      const step = jit(
        valueAndGrad((a) =>
          np
            .tanh(a.ref.mul(2).add(1))
            .mul(np.exp(np.negative(np.square(a))))
            .sum(),
        ),
      );
      return async () => {
        const [value, slope] = step(x.ref);
        await blockUntilReady(slope.ref);
        slope.dispose();
        return value.item();
      };
    },
  },
  axpb: { "axpb 1e6": axpb(1e6), "axpb 16e6": axpb(16e6) },
  gemm: { "gemm 256": gemm(256), "gemm 512": gemm(512), "gemm 1024": gemm(1024), "gemm 2048": gemm(2048) },
  hvp: {
    hvp: () => {
      const [x, w, v] = [normal([64, 64]), normal([64, 64]), normal([64, 64])];
      const f = (a, b) => {
        const y = np.tanh(np.matmul(a, b));
        return y.ref.mul(y.ref).mul(y).sum();
      };
      const step = jit((a, b, da) => jvp((z) => grad(f)(z, b), [a], [da])[1]);
      return async () => (await blockUntilReady(step(x.ref, w.ref, v.ref))).dispose();
    },
  },
  eager: {
    eager: () => {
      const [x, y] = [normal([1000]), normal([1000])];
      return () => x.ref.add(y.ref).dispose();
    },
  },
  call: {
    "call 12 to 12": () => {
      const leaves = Array.from({ length: 6 }, () => ({ w: normal([4]), b: normal([4]) }));
      const step = jit((pairs) => pairs.map(({ w, b }) => ({ w: w.add(1), b: b.add(1) })));
      return () => tree.dispose(step(tree.ref(leaves)));
    },
  },
  adam: {
    "adam 1 leaf": () => {
      const g = normal([1e6]);
      let [p, m, v] = [np.zeros([1e6]), np.zeros([1e6]), np.zeros([1e6])];
      const step = jit((a, b, c, d) => adamLeaf(a, b, c, d, np.array(0.1), np.array(0.001)));
      return async () => {
        [p, m, v] = step(p, g.ref, m, v);
        await blockUntilReady([p.ref, m.ref, v.ref]);
        for (const x of [p, m, v]) x.dispose();
      };
    },
  },
});
