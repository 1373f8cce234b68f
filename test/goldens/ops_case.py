"""One golden: an operation of wgrad, its inputs, and PyTorch's value, gradients and second derivatives in float64.

Inputs and cotangents are exact in float32 (multiples of 1/128 or 1/8), so that one case serves every backend; each case draws
them from a seed made of its name, so that adding a case changes no other. README.md describes the fields.
"""

import math
import zlib

import numpy as np
import torch

DTYPES = {torch.float64: 'float32', torch.int64: 'int32', torch.int32: 'int32', torch.bool: 'bool'}
CASES = []
NAMES = set()


def rounded(values):
    """Twelve significant digits; whole numbers as integers; what JSON lacks as strings that JavaScript's Number reads."""

    def one(value):
        value = float(value)
        if math.isnan(value):
            return 'NaN'
        if math.isinf(value):
            return 'Infinity' if value > 0 else '-Infinity'
        value = float(f'{value:.12g}')
        if value == 0:
            return -0.0 if math.copysign(1, value) < 0 else 0
        return int(value) if value == int(value) and abs(value) < 1e15 else value

    return [one(value) for value in values]


def flat(tensor):
    # + 0 makes a negative zero that arithmetic left over positive; its sign is no part of a golden
    return rounded((tensor.detach().double() + 0).ravel().tolist())


def listed(tensor):
    return {'shape': list(tensor.shape), 'data': flat(tensor)}


def draw(name, shapes, low, high, step=128, distinct=True):
    """Nonzero multiples of 1/step in [low, high]; distinct over all of `shapes`: no ties, no kinks at 0."""
    pool = np.arange(int(low * step), int(high * step) + 1)
    pool = pool[pool != 0]
    sizes = [int(np.prod(shape)) for shape in shapes]
    rng = np.random.RandomState(zlib.crc32(name.encode()))
    chosen = rng.choice(pool, size=sum(sizes), replace=not distinct) / step
    parts = np.split(chosen, np.cumsum(sizes)[:-1])
    return [torch.tensor(part.reshape(shape)) for part, shape in zip(parts, shapes)]


class Fixed:
    """A float input that is no variable: what is not differentiated by."""

    def __init__(self, values):
        self.tensor = torch.tensor(values, dtype=torch.float64)


def ints(values):
    return torch.tensor(values, dtype=torch.int64)


def case(
    op, title, inputs, compute, params=None, note=None, low=-2, high=2, second=False, step=128, distinct=True, gradient=True
):
    """An input is a shape (drawn), a nested list (given), `Fixed`, or an int or bool tensor (no gradient)."""
    name = f'{op}: {title}'
    assert name not in NAMES, name
    NAMES.add(name)
    drawn = iter(draw(name, [s for s in inputs if isinstance(s, tuple)], low, high, step, distinct))
    tensors = []
    for given in inputs:
        fixed = isinstance(given, Fixed) or not gradient
        if isinstance(given, tuple):
            given = next(drawn)
        elif isinstance(given, list):
            given = torch.tensor(given, dtype=torch.float64)
        elif isinstance(given, Fixed):
            given = given.tensor
        tensors.append(given.requires_grad_() if given.is_floating_point() and not fixed else given)
    output = compute(*tensors)
    entry = {
        'name': name,
        'op': op,
        # the sign of a zero is kept in inputs: atan2 depends on it
        'inputs': [
            {'shape': list(t.shape), 'dtype': DTYPES[t.dtype], 'data': rounded(t.detach().double().ravel().tolist())}
            for t in tensors
        ],
        'params': params or {},
        'output': {'dtype': DTYPES[output.dtype], **listed(output)},
    }
    if output.is_floating_point() and any(t.requires_grad for t in tensors):
        entry |= derivatives(name, tensors, output, second, 8 if step <= 16 else 128)
    CASES.append(entry if note is None else {**entry, 'note': note})


def derivatives(name, tensors, output, second, step):
    wanted = [t for t in tensors if t.requires_grad]
    (cotangent,) = draw(name + ' cotangent', [tuple(output.shape)], -1, 1, step, distinct=step == 128)
    found = torch.autograd.grad(output, wanted, cotangent, create_graph=second, allow_unused=True)
    found = [torch.zeros_like(t) if g is None else g for t, g in zip(wanted, found)]
    gradients = iter(found)
    entry = {
        'cotangent': flat(cotangent),
        'gradients': [flat(next(gradients)) if t.requires_grad else None for t in tensors],
    }
    if not second:
        return entry
    # the derivative of <gradients, directions>: a product with the Hessian of <output, cotangent>
    directions = draw(name + ' directions', [tuple(t.shape) for t in wanted], -1, 1, 8, distinct=False)
    along = sum((g * u).sum() for g, u in zip(found, directions))
    products = torch.autograd.grad(along, wanted, allow_unused=True)
    products = [torch.zeros_like(t) if p is None else p for t, p in zip(wanted, products)]
    assert any((p != 0).any() for p in products), f'{name}: the second derivative is zero'
    return entry | {'directions': [flat(u) for u in directions], 'products': [flat(p) for p in products]}


def take():
    """The cases since the last call."""
    taken = list(CASES)
    CASES.clear()
    return taken
