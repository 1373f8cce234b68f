"""Values and vector-Jacobian products of single operations, computed by PyTorch in float64.

Inputs and cotangents are multiples of 1/128, so that float32 holds them exactly; each case draws them from a seed made
of its name, so that adding a case changes no other. Op and parameter names are wgrad's; README.md lists them.
"""

import zlib

import numpy as np
import torch
import torch.nn.functional as F

CASES = []


def rounded(values):
    """Twelve significant digits; whole numbers as integers; no negative zero."""
    result = [float(f'{v:.12g}') for v in values]
    return [int(v) if v == int(v) else v for v in result]


def listed(tensor):
    return {'shape': list(tensor.shape), 'data': rounded(tensor.detach().double().ravel().tolist())}


def draw(name, shapes, low, high):
    """Distinct nonzero multiples of 1/128 in [low, high], over all of `shapes`: no ties, no kinks at 0."""
    pool = np.arange(int(low * 128), int(high * 128) + 1)
    pool = pool[pool != 0]
    sizes = [int(np.prod(shape)) for shape in shapes]
    rng = np.random.RandomState(zlib.crc32(name.encode()))
    chosen = rng.choice(pool, size=sum(sizes), replace=False) / 128
    parts = np.split(chosen, np.cumsum(sizes)[:-1])
    return [torch.tensor(part.reshape(shape)) for part, shape in zip(parts, shapes)]


def case(op, title, inputs, compute, params=None, note=None, low=-2, high=2):
    """An input is a shape (drawn), a nested list (given), or an int or bool tensor (no gradient)."""
    name = f'{op}: {title}'
    assert all(other['name'] != name for other in CASES), name
    drawn = iter(draw(name, [s for s in inputs if isinstance(s, tuple)], low, high))
    tensors = []
    for given in inputs:
        if isinstance(given, tuple):
            given = next(drawn)
        elif isinstance(given, list):
            given = torch.tensor(given, dtype=torch.float64)
        tensors.append(given.requires_grad_() if given.is_floating_point() else given)
    output = compute(*tensors)
    (cotangent,) = draw(name + ' cotangent', [tuple(output.shape)], -1, 1)
    wanted = [t for t in tensors if t.requires_grad]
    found = iter(torch.autograd.grad(output, wanted, cotangent))
    dtypes = {torch.float64: 'float32', torch.int64: 'int32', torch.bool: 'bool'}
    entry = {
        'name': name,
        'op': op,
        'inputs': [{'shape': list(t.shape), 'dtype': dtypes[t.dtype], 'data': listed(t)['data']} for t in tensors],
        'params': params or {},
        'output': listed(output),
        'cotangent': {'data': rounded(cotangent.ravel().tolist())},
        'gradients': [listed(next(found)) if t.requires_grad else None for t in tensors],
    }
    CASES.append(entry if note is None else {**entry, 'note': note})


def ints(values):
    return torch.tensor(values, dtype=torch.int64)


def binary():
    pairs = [((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((2, 3), ()), ((2, 1, 2), (3, 1))]
    for op, compute in {'add': torch.add, 'sub': torch.sub, 'mul': torch.mul, 'div': torch.div}.items():
        for a, b in pairs:
            case(op, f'{list(a)} and {list(b)}', [a, b], compute)
    case('div', 'large and small denominators', [[1, -2, 3, -4], [64, 0.015625, -256, -0.0078125]], torch.div)
    for a, b in pairs[:3]:
        case('pow', f'{list(a)} to {list(b)}, positive base', [a, b], torch.pow, low=0.25, high=3)
    case('pow', 'negative exponents', [[0.5, 1, 2, 3], [-1.5, -2, -0.5, -3]], torch.pow)
    ties = 'At a tie PyTorch gives each operand half of the cotangent.'
    for op, compute in {'maximum': torch.maximum, 'minimum': torch.minimum}.items():
        case(op, 'no ties', [(2, 3), (2, 3)], compute)
        case(op, '[2, 1] and [3]', [(2, 1), (3,)], compute)
        case(op, 'ties', [[1, 2, -1, 0], [1, 1.5, -1, 0]], compute, note=ties)
    mask = torch.tensor([[True, False, True], [False, False, True]])
    case('where', '[2, 3]', [mask, (2, 3), (2, 3)], torch.where)
    case('where', 'condition [3], [2, 1] and [3]', [mask[0], (2, 1), (3,)], torch.where)
    case('where', 'condition [2, 3], scalar otherwise', [mask, (2, 3), ()], torch.where)


def unary():
    for op, compute in {
        'neg': torch.neg,
        'exp': torch.exp,
        'tanh': torch.tanh,
        'sigmoid': torch.sigmoid,
        'relu': F.relu,
        'abs': torch.abs,
        'sin': torch.sin,
        'cos': torch.cos,
        'gelu': F.gelu,
        'softplus': F.softplus,
    }.items():
        case(op, '[2, 3]', [(2, 3)], compute)
    case('log', '[2, 3]', [(2, 3)], torch.log, low=0.0625, high=3)
    case('log', 'small, one, large', [[0.0009765625, 1, 1024, 1.0078125]], torch.log)
    case('sqrt', '[2, 3]', [(2, 3)], torch.sqrt, low=0.0625, high=3)
    case('sqrt', 'small and large', [[0.000244140625, 1, 65536]], torch.sqrt)
    case('exp', 'far from 0', [[-80, -20, 0, 20, 80]], torch.exp)
    case('tanh', 'small and saturated', [[-50, -8, -0.0009765625, 0, 0.0009765625, 8, 50]], torch.tanh)
    case('sigmoid', 'saturated', [[-50, -16, 0, 16, 50]], torch.sigmoid)
    case('sin', 'several turns', [[-100, -10, 0, 10, 100]], torch.sin)
    case('cos', 'several turns', [[-100, -10, 0, 10, 100]], torch.cos)
    case('relu', 'at 0', [[-1, 0, 0, 1]], F.relu, note='The derivative at 0 is 0.')
    case('abs', 'at 0', [[-1, 0, 0, 1]], torch.abs, note='The derivative at 0 is 0.')
    case('gelu', 'tails', [[-10, -4, 0, 4, 10]], F.gelu)
    # PyTorch is linear above 20, which differs from log(1 + exp(x)) by up to 2e-9
    case('softplus', 'tails', [[-30, -10, 0, 10, 19]], F.softplus)
    for slope in (0.0625, 0.25):
        compute = lambda x, slope=slope: F.leaky_relu(x, slope)  # noqa: E731
        case('leakyRelu', f'slope {slope}', [(2, 3)], compute, {'negativeSlope': slope})
    at_zero = 'The derivative at 0 is negativeSlope.'
    case('leakyRelu', 'at 0', [[-1, 0, 1]], lambda x: F.leaky_relu(x, 0.25), {'negativeSlope': 0.25}, note=at_zero)


def matmul():
    for a, b in [
        ((2, 3), (3, 4)),
        ((1, 5), (5, 1)),
        ((2, 3, 4), (2, 4, 5)),
        ((2, 3, 4), (4, 5)),
        ((3, 4), (2, 4, 5)),
        ((2, 1, 2, 3), (1, 2, 3, 2)),
        ((3,), (3, 4)),
        ((3,), (2, 3, 2)),
        ((2, 3), (3,)),
        ((2, 2, 3), (3,)),
        ((5,), (5,)),
    ]:
        case('matmul', f'{list(a)} by {list(b)}', [a, b], torch.matmul)
    for a, b, left, right in [
        ((3, 2), (3, 4), True, False),
        ((2, 3), (4, 3), False, True),
        ((3, 2), (4, 3), True, True),
        ((2, 4, 3), (2, 5, 4), True, True),
        ((2, 3, 4), (5, 4), False, True),
    ]:
        turned = ' and '.join(['left'] * left + ['right'] * right)

        def compute(x, y, left=left, right=right):
            return (x.transpose(-1, -2) if left else x) @ (y.transpose(-1, -2) if right else y)

        params = {'transposeA': left, 'transposeB': right}
        case('matmul', f'{list(a)} by {list(b)}, {turned} transposed', [a, b], compute, params)


def reductions():
    for op, compute in {'sum': torch.sum, 'mean': torch.mean, 'max': torch.amax, 'min': torch.amin}.items():
        for shape, axes, keep in [
            ((2, 3), [0, 1], False),
            ((2, 3), [0], False),
            ((2, 3), [-1], True),
            ((2, 3, 2), [0, 2], False),
            ((2, 3, 2), [1], True),
            ((2, 3, 2), [0, 1, 2], True),
        ]:
            title = f'{list(shape)} over {axes}' + (', kept' if keep else '')
            params = {'axis': axes, 'keepDims': keep}
            case(op, title, [shape], lambda x, c=compute, a=axes, k=keep: c(x, dim=a, keepdim=k), params)
    ties = 'amax and amin share the cotangent evenly among tied elements (torch.max(x, dim) would give it to one index).'
    tied = [[1, 3, 3], [2, 2, 2]]
    case('max', 'ties', [tied], lambda x: torch.amax(x, 1), {'axis': [1], 'keepDims': False}, note=ties)
    case('min', 'ties', [tied], lambda x: torch.amin(x, 1), {'axis': [1], 'keepDims': False}, note=ties)


def softmaxes():
    for op, compute in {'softmax': torch.softmax, 'logSoftmax': torch.log_softmax}.items():
        for shape, axis in [((5,), 0), ((2, 4), -1), ((3, 2), 0), ((2, 3, 2), 1)]:
            case(op, f'{list(shape)} over {axis}', [shape], lambda x, c=compute, a=axis: c(x, a), {'axis': axis})
        extreme = [[1000, 999, 0], [-1000, -1000, -1002]]
        case(op, 'extreme logits', [extreme], lambda x, c=compute: c(x, -1), {'axis': -1})


def losses():
    for reduction in ('mean', 'sum', 'none'):
        params = {'labels': 'integer', 'reduction': reduction}
        compute = lambda x, y, r=reduction: F.cross_entropy(x, y, reduction=r)  # noqa: E731
        case('crossEntropy', f'integer labels, {reduction}', [(4, 3), ints([2, 0, 1, 2])], compute, params)
        params = {'labels': 'probability', 'reduction': reduction}
        probabilities = [[0.5, 0.25, 0.25], [0, 1, 0], [0.125, 0.125, 0.75]]
        case('crossEntropy', f'probabilities, {reduction}', [(3, 3), probabilities], compute, params)
        compute = lambda x, y, r=reduction: F.mse_loss(x, y, reduction=r)  # noqa: E731
        case('mseLoss', f'[2, 3], {reduction}', [(2, 3), (2, 3)], compute, {'reduction': reduction})
    params = {'labels': 'integer', 'reduction': 'mean'}
    case('crossEntropy', 'ten classes', [(2, 10), ints([9, 4])], F.cross_entropy, params)
    extreme = [[1000, 0, -1000], [-1000, 0, 1000], [80, 81, 79]]
    case('crossEntropy', 'extreme logits', [extreme, ints([0, 0, 1])], F.cross_entropy, params)


def structure():
    for shape, order in [((2, 3), [1, 0]), ((2, 3, 2), [2, 0, 1]), ((2, 3, 2), [0, 2, 1]), ((2, 1, 3, 2), [3, 1, 0, 2])]:
        case('transpose', f'{list(shape)} by {order}', [shape], lambda x, o=order: x.permute(o), {'permutation': order})
    for shape, target in [((2, 6), [3, 4]), ((2, 3, 2), [12]), ((4,), [2, 1, 2])]:
        case('reshape', f'{list(shape)} to {target}', [shape], lambda x, t=target: x.reshape(t), {'shape': target})
    for shape, target in [((3,), [2, 3]), ((2, 1), [2, 3]), ((), [2, 2]), ((1, 2, 1), [2, 2, 3])]:
        case('broadcastTo', f'{list(shape)} to {target}', [shape], lambda x, t=target: x.expand(t), {'shape': target})
    for shape, start, stop, step in [
        ((7,), [1], [6], [2]),
        ((8,), [0], [8], [3]),
        ((4, 5), [1, 0], [4, 5], [1, 1]),
        ((4, 5), [0, 1], [4, 5], [2, 3]),
        ((3, 2, 4), [1, 0, 0], [2, 2, 4], [1, 1, 2]),
    ]:
        cut = tuple(slice(*bounds) for bounds in zip(start, stop, step))
        title = f'{list(shape)} from {start} to {stop} by {step}'
        case('slice', title, [shape], lambda x, c=cut: x[c], {'start': start, 'stop': stop, 'step': step})
    for shape, padding, value in [
        ((3,), [[1, 2]], 0),
        ((2, 3), [[0, 1], [2, 0]], 0.5),
        ((2, 2), [[1, 1], [1, 1]], -1),
        ((1, 2, 2), [[1, 0], [0, 0], [0, 2]], 3),
    ]:
        flat = [width for pair in reversed(padding) for width in pair]  # PyTorch counts from the last axis
        params = {'padding': padding, 'value': value}
        compute = lambda x, f=flat, v=value: F.pad(x, f, value=v)  # noqa: E731
        case('pad', f'{list(shape)} by {padding} with {value}', [shape], compute, params)
    for shape, axes in [((4,), [0]), ((2, 3), [1]), ((2, 3), [0, 1]), ((2, 2, 3), [0, 2])]:
        case('flip', f'{list(shape)} over {axes}', [shape], lambda x, a=axes: x.flip(a), {'axis': axes})
    for shapes, axis in [([(2,), (3,)], 0), ([(2, 2), (1, 2)], 0), ([(2, 1), (2, 3), (2, 2)], 1), ([(2, 1, 2)] * 2, -1)]:
        title = f'{[list(shape) for shape in shapes]} along {axis}'
        case('concat', title, shapes, lambda *xs, a=axis: torch.cat(xs, a), {'axis': axis})


def rows():
    for shape, index in [((5, 3), [4, 0, 2]), ((4, 2), [1, 1, 3, 1]), ((3, 2), [[0, 2], [2, 2]]), ((4,), [3, 3, 0])]:
        case('gather', f'{list(shape)} at {index}', [shape, ints(index)], lambda x, i: x[i], {'axis': 0})
    embedding = lambda table, index: F.embedding(index, table)  # noqa: E731
    case('gather', 'embedding [6, 2] at [2, 3]', [(6, 2), ints([[5, 0, 5], [1, 5, 0]])], embedding, {'axis': 0})
    scatter_add = lambda x, i, updates: x.index_add(0, i, updates)  # noqa: E731
    for shape, index in [((4, 2), [3, 0]), ((3, 2), [1, 1, 2, 1]), ((4,), [2, 2, 0])]:
        inputs = [shape, ints(index), (len(index), *shape[1:])]
        case('scatterAdd', f'{list(shape)} at {index}', inputs, scatter_add, {'axis': 0})


def make():
    for family in (binary, unary, matmul, reductions, softmaxes, losses, structure, rows):
        family()
    return CASES
