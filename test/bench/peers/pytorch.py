# The rows in PyTorch, eager as its users run it.

import torch
import torch.nn.functional as F
from measure import answer, settings

if settings()["threads"] is not None:
    torch.set_num_threads(settings()["threads"])
torch.manual_seed(0)


def trained(model, loss, x, y):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value.item()

    return step


def dense(sizes, activation):
    parts = []
    for i in range(len(sizes) - 1):
        parts.append(torch.nn.Linear(sizes[i], sizes[i + 1]))
        if i < len(sizes) - 2:
            parts.append(activation())
    return torch.nn.Sequential(*parts)


def tiny():
    return trained(dense([2, 16, 16, 1], torch.nn.Tanh), F.mse_loss, torch.randn(32, 2), torch.randn(32, 1))


def mlp():
    return trained(dense([784, 512, 256, 10], torch.nn.ReLU), F.mse_loss, torch.randn(128, 784), torch.randn(128, 10))


def conv():
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1600, 10),
    )
    return trained(model, F.cross_entropy, torch.randn(32, 1, 28, 28), torch.arange(32) % 10)


def fused():
    x = torch.randn(1_000_000, requires_grad=True)

    def step():
        x.grad = None
        value = (torch.tanh(2 * x + 1) * torch.exp(-x * x)).sum()
        value.backward()
        return value.item()

    return step


def axpb(n):
    def make():
        x = torch.linspace(-1, 1, n)
        return lambda: 2 * x + 1

    return make


def gemm(n):
    def make():
        a, b = torch.randn(n, n), torch.randn(n, n)
        return lambda: a @ b

    return make


class Block(torch.nn.Module):
    def __init__(self, width=128):
        super().__init__()
        nn = torch.nn
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        q, k, v = [y.reshape(8, 64, 4, 32).transpose(1, 2) for y in self.qkv(self.norms[0](x)).chunk(3, dim=-1)]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        h = x + self.out(y.transpose(1, 2).reshape(8, 64, 128))
        return h + self.down(F.gelu(self.up(self.norms[1](h)), approximate="tanh"))


def block():
    model, x = Block(), torch.randn(8, 64, 128)

    def step():
        model.zero_grad()
        value = model(x).square().mean()
        value.backward()
        return value.item()

    return step


def rnn():
    model, x = torch.nn.RNN(32, 64), torch.randn(128, 16, 32)

    def step():
        model.zero_grad()
        value = model(x)[0].square().mean()
        value.backward()
        return value.item()

    return step


def hvp():
    x, w, v = [torch.randn(64, 64) for _ in range(3)]
    f = lambda a: torch.tanh(a @ w).pow(3).sum()
    return lambda: torch.autograd.functional.hvp(f, x, v)[1]


def eager():
    x, y = torch.randn(1000), torch.randn(1000)
    return lambda: x + y


def adam(parts):
    def make():
        params = [torch.zeros(1_000_000 // parts, requires_grad=True) for _ in range(parts)]
        for p in params:
            p.grad = torch.randn(1_000_000 // parts)
        return torch.optim.Adam(params, lr=1e-3, fused=True).step

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
    "hvp": {"hvp": hvp},
    "eager": {"eager": eager},
    "adam": {"adam 1 leaf": adam(1), "adam 100 leaves": adam(100)},
})
