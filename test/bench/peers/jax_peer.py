# The rows in JAX: jitted, with Adam written out, so that nothing but JAX is needed.

import os
from measure import answer, elapsed, settings

if settings()["threads"] == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import jax.numpy as jnp
from jax import lax, random

leaves = jax.tree.map


def normal(seed, shape, scale=1.0):
    return scale * random.normal(random.key(seed), shape)


def dense(sizes):
    return [
        {"w": normal(i, (sizes[i], sizes[i + 1]), (2 / sizes[i]) ** 0.5), "b": jnp.zeros(sizes[i + 1])}
        for i in range(len(sizes) - 1)
    ]


def squared_error_of(activation):
    def loss(params, x, y):
        for i, layer in enumerate(params):
            x = x @ layer["w"] + layer["b"]
            if i < len(params) - 1:
                x = activation(x)
        return jnp.square(x - y).mean()

    return loss


def adam_update(params, grads, state, b1=0.9, b2=0.999, rate=1e-3, epsilon=1e-8):
    count, mean, square = state
    count = count + 1
    mean = leaves(lambda m, g: b1 * m + (1 - b1) * g, mean, grads)
    square = leaves(lambda v, g: b2 * v + (1 - b2) * g * g, square, grads)
    c1, c2 = 1 - b1**count, 1 - b2**count
    params = leaves(lambda p, m, v: p - rate * (m / c1) / (jnp.sqrt(v / c2) + epsilon), params, mean, square)
    return params, (count, mean, square)


def fresh(params):
    return (jnp.float32(0), leaves(jnp.zeros_like, params), leaves(jnp.zeros_like, params))


def trained(loss, params, x, y, donated=True):
    def update(params, state, x, y):
        value, grads = jax.value_and_grad(loss)(params, x, y)
        return *adam_update(params, grads, state), value

    step = jax.jit(update, donate_argnums=(0, 1) if donated else ())
    now = [params, fresh(params)]

    def run():
        now[0], now[1], value = step(now[0], now[1], x, y)
        return float(value)

    return run


def tiny():
    return trained(squared_error_of(jnp.tanh), dense([2, 16, 16, 1]), normal(8, (32, 2)), normal(9, (32, 1)), False)


def mlp():
    return trained(squared_error_of(jax.nn.relu), dense([784, 512, 256, 10]), normal(8, (128, 784)), normal(9, (128, 10)))


def conv():
    kernel = lambda seed, shape: {"w": normal(seed, shape, 0.1), "b": jnp.zeros((shape[0], 1, 1))}
    params = [kernel(0, (32, 1, 3, 3)), kernel(1, (64, 32, 3, 3)), *dense([1600, 10])]

    def loss(params, x, y):
        for layer in params[:2]:
            z = lax.conv_general_dilated(x, layer["w"], (1, 1), "VALID") + layer["b"]
            x = lax.reduce_window(jax.nn.relu(z), -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        logits = x.reshape(32, 1600) @ params[2]["w"] + params[2]["b"]
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()

    return trained(loss, params, normal(8, (32, 1, 28, 28)), jnp.arange(32) % 10)


def ready(step, *args):
    return lambda: jax.block_until_ready(step(*args))


def fused():
    f = lambda x: (jnp.tanh(2 * x + 1) * jnp.exp(-x * x)).sum()
    return ready(jax.jit(jax.value_and_grad(f)), normal(0, (1_000_000,)))


def axpb(n):
    return lambda: ready(jax.jit(lambda x: 2 * x + 1), jnp.linspace(-1, 1, n))


def gemm(n):
    return lambda: ready(jax.jit(jnp.matmul), normal(0, (n, n)), normal(1, (n, n)))


def block():
    d = 128
    linear = lambda seed, n, m: {"w": normal(seed, (n, m), n**-0.5), "b": jnp.zeros(m)}
    norm = lambda: {"scale": jnp.ones(d), "bias": jnp.zeros(d)}
    params = {
        "norms": [norm(), norm()], "qkv": linear(0, d, 3 * d), "out": linear(1, d, d),
        "up": linear(2, d, 4 * d), "down": linear(3, 4 * d, d),
    }
    apply = lambda p, x: x @ p["w"] + p["b"]

    def normed(p, x):
        centred = x - x.mean(-1, keepdims=True)
        return p["scale"] * centred * lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-5) + p["bias"]

    def loss(p, x):
        q, k, v = [y.reshape(8, 64, 4, 32) for y in jnp.split(apply(p["qkv"], normed(p["norms"][0], x)), 3, -1)]
        h = x + apply(p["out"], jax.nn.dot_product_attention(q, k, v, is_causal=True).reshape(8, 64, d))
        return jnp.square(h + apply(p["down"], jax.nn.gelu(apply(p["up"], normed(p["norms"][1], h))))).mean()

    return ready(jax.jit(jax.value_and_grad(loss)), params, normal(9, (8, 64, d)))


def rnn():
    params = {"w": normal(0, (32, 64), 32**-0.5), "u": normal(1, (64, 64), 64**-0.5), "b": jnp.zeros(64)}

    def loss(p, xs):
        def step(h, x):
            h = jnp.tanh(x @ p["w"] + h @ p["u"] + p["b"])
            return h, h

        return jnp.square(lax.scan(step, jnp.zeros((16, 64)), xs)[1]).mean()

    return ready(jax.jit(jax.value_and_grad(loss)), params, normal(2, (128, 16, 32)))


def scan():
    def body(_, x):
        y = 3.7 * x * (1 - x)
        return ((y * y + x) * 0.25 + y) * 0.5 - 0.001

    return ready(jax.jit(lambda x: lax.fori_loop(0, 100_000, body, x)), jnp.float32(0.4))


def hvp():
    f = lambda x, w: (jnp.tanh(x @ w) ** 3).sum()
    step = jax.jit(lambda x, w, v: jax.jvp(lambda y: jax.grad(f)(y, w), (x,), (v,))[1])
    return ready(step, *[normal(i, (64, 64)) for i in range(3)])


def call(summed):
    tree = [{"w": jnp.full(4, float(i)), "b": jnp.full(4, -float(i))} for i in range(6)]
    f = (lambda t: sum(jax.tree.leaves(t))) if summed else (lambda t: leaves(lambda x: x + 1, t))
    return ready(jax.jit(f), tree)


def adam(parts):
    def make():
        params = [jnp.zeros(1_000_000 // parts) for _ in range(parts)]
        grads = [normal(i, (1_000_000 // parts,)) for i in range(parts)]
        step = jax.jit(adam_update, donate_argnums=(0, 2))
        now = [params, fresh(params)]

        def run():
            now[0], now[1] = step(now[0], grads, now[1])
            jax.block_until_ready(now)

        return run

    return make


answer({
    "tiny": {"tiny": tiny},
    "mlp": {"mlp": mlp},
    "conv": {"conv": conv},
    "fused": {"fused": fused},
    "axpb": {"axpb 1e6": axpb(1_000_000), "axpb 16e6": axpb(16_000_000)},
    "gemm": {f"gemm {n}": gemm(n) for n in (256, 512, 1024, 2048)},
    "block": {"block": block},
    "rnn": {"rnn": rnn},
    "scan": {"scan 100,000": scan},
    "hvp": {"hvp": hvp},
    "eager": {"eager": lambda: ready(jnp.add, normal(0, (1000,)), normal(1, (1000,)))},
    "first": {"first tiny": lambda: elapsed(tiny(), 1), "first mlp": lambda: elapsed(mlp(), 1)},
    "call": {"call 12 to 1": lambda: call(True), "call 12 to 12": lambda: call(False)},
    "adam": {"adam 1 leaf": adam(1), "adam 100 leaves": adam(100)},
})
