"""Goldens of reductions and running reductions. Where a function of PyTorch takes one axis only, it is applied in turn."""

import math

import torch

from ops_case import Fixed, case, ints

NAN, INF = math.nan, math.inf
OVER = [
    ((2, 3), [0, 1], False),
    ((2, 3), [0], False),
    ((2, 3), [-1], True),
    ((2, 3, 2), [0, 2], False),
    ((2, 3, 2), [1], True),
    ((2, 3, 2), [0, 1, 2], True),
]


def each(compute, shapes=OVER):
    for shape, axes, keep in shapes:
        title = f'{list(shape)} over {axes}' + (', kept' if keep else '')
        yield title, shape, lambda x, a=axes, k=keep: compute(x, a, k), {'axes': axes, 'keepDims': keep}


def product(x, axes, keep):
    for axis in sorted((axis % x.dim() for axis in axes), reverse=True):
        x = torch.prod(x, axis, keepdim=keep)
    return x


def sums():
    for op, compute in {'sum': torch.sum, 'mean': torch.mean, 'max': torch.amax, 'min': torch.amin}.items():
        for title, shape, over, params in each(lambda x, a, k, c=compute: c(x, dim=a, keepdim=k)):
            case(op, title, [shape], over, params)
        odd = [[NAN, 1, INF], [-INF, 2, 3], [INF, 1, -INF], [1, INF, 2]]
        over = lambda x, c=compute: c(x, dim=[1])  # noqa: E731
        case(op, 'NaN and infinities', [odd], over, {'axes': [1], 'keepDims': False}, gradient=False)
    for title, shape, over, params in each(product):
        case('prod', title, [shape], over, params, second=True)
    zeros = [[0, 2, -3], [0, 0, 4], [-1, 0, 0.5]]
    case('prod', 'with zeros', [zeros], lambda x: product(x, [1], False), {'axes': [1], 'keepDims': False}, second=True)
    ties = 'amax and amin share the cotangent evenly among tied elements (torch.max(x, dim) would give it to one index).'
    tied = [[1, 3, 3], [2, 2, 2]]
    case('max', 'ties', [tied], lambda x: torch.amax(x, 1), {'axes': [1], 'keepDims': False}, note=ties)
    case('min', 'ties', [tied], lambda x: torch.amin(x, 1), {'axes': [1], 'keepDims': False}, note=ties)
    for op, compute in {'sum': torch.sum, 'prod': torch.prod, 'max': torch.amax, 'min': torch.amin}.items():
        over = lambda x, c=compute: c(x, dim=1)  # noqa: E731
        case(op, 'int32', [ints([[3, -4, 5], [7, 1, -2]])], over, {'axes': [1], 'keepDims': False})
    case('sum', 'of nothing', [(2, 0)], lambda x: x.sum(1), {'axes': [1], 'keepDims': False})
    case('prod', 'of nothing', [(2, 0)], lambda x: x.prod(1), {'axes': [1], 'keepDims': False})
    case('sum', 'rank 8', [(2, 1, 2, 1, 2, 1, 1, 2)], lambda x: x.sum([0, 4, 7]), {'axes': [0, 4, 7], 'keepDims': False})
    bools = torch.tensor([[True, False], [True, True], [False, False]])
    for op, compute in {'any': torch.any, 'all': torch.all}.items():
        for axis in (0, 1):
            over = lambda x, c=compute, a=axis: c(x, a)  # noqa: E731
            case(op, f'over {axis}', [bools], over, {'axes': [axis], 'keepDims': False})


def positions():
    for op, compute in {'argMax': torch.argmax, 'argMin': torch.argmin}.items():
        for shape, axis in [((5,), 0), ((2, 4), -1), ((3, 2), 0), ((2, 3, 2), 1)]:
            over = lambda x, c=compute, a=axis: c(x, a)  # noqa: E731
            case(op, f'{list(shape)} over {axis}', [shape], over, {'axis': axis}, gradient=False)
        over = lambda x, c=compute: c(x, -1)  # noqa: E731
        case(op, 'ties: the first', [Fixed([[1, 3, 3], [0, 0, 0], [2, -1, -1]])], over, {'axis': -1})
        case(op, 'int32', [ints([[3, 7, -1], [2, 2, 9]])], over, {'axis': -1})
        case(op, 'NaN: the first', [Fixed([[1, NAN, 3, NAN], [NAN, INF, -INF, 0]])], over, {'axis': -1})


def exponentials():
    for op, compute in {'softmax': torch.softmax, 'logSoftmax': torch.log_softmax, 'logSumExp': torch.logsumexp}.items():
        for shape, axis in [((5,), 0), ((2, 4), -1), ((3, 2), 0), ((2, 3, 2), 1)]:
            over = lambda x, c=compute, a=axis: c(x, a)  # noqa: E731
            case(op, f'{list(shape)} over {axis}', [shape], over, {'axis': axis}, second=True)
        over = lambda x, c=compute: c(x, -1)  # noqa: E731
        extreme = [[1000, 999, 0], [-1000, -1000, -1002]]
        case(op, 'extreme logits', [extreme], over, {'axis': -1})
        masked = [[0.5, -INF, 1], [-INF, 2, -INF]]
        case(op, 'masked by -Infinity', [masked], over, {'axis': -1}, gradient=False)
        case(op, 'NaN', [[[NAN, 1], [0, 1]]], over, {'axis': -1}, gradient=False)
    kept = lambda x: torch.logsumexp(x, 0, keepdim=True)  # noqa: E731
    case('logSumExp', '[3, 2] over 0, kept', [(3, 2)], kept, {'axis': 0, 'keepDims': True})


def spread():
    shapes = [((2, 3), [0, 1], False), ((2, 3), [-1], True), ((2, 3, 2), [0, 2], False), ((5,), [0], False)]
    for op, compute in {'variance': torch.var, 'standardDeviation': torch.std}.items():
        for correction in (0, 1):
            reduce = lambda x, a, k, c=compute, n=correction: c(x, dim=a, correction=n, keepdim=k)  # noqa: E731
            for title, shape, over, params in each(reduce, shapes):
                given = {**params, 'correction': correction}
                case(op, f'{title}, correction {correction}', [shape], over, given, second=correction == 0)
    far = [[100000.5, 100001, 99999.75], [-4096, -4096.5, -4095]]
    params = {'axes': [1], 'keepDims': False, 'correction': 0}
    case('variance', 'far from 0', [far], lambda x: torch.var(x, dim=1, correction=0), params)
    case('variance', 'of equal numbers', [[[3, 3, 3]]], lambda x: torch.var(x, dim=1, correction=0), params)


def norms():
    shapes = [((2, 3), [0, 1], False), ((2, 3), [-1], True), ((2, 3, 2), [0, 2], False)]
    for order, number in (('inf', INF), (1, 1), (2, 2), ('fro', 2)):
        reduce = lambda x, a, k, n=number: torch.linalg.vector_norm(x, n, dim=a, keepdim=k)  # noqa: E731
        for title, shape, over, params in each(reduce, shapes):
            given = {**params, 'order': order}
            case('norm', f'order {order}, {title}', [shape], over, given, second=order in (2, 'fro'))
        zero = lambda x, n=number: torch.linalg.vector_norm(x, n, dim=1)  # noqa: E731
        given = {'axes': [1], 'keepDims': False, 'order': order}
        if order in (1, 2):
            case('norm', f'order {order}, of zeros', [[[0, 0], [0, 3]]], zero, given)
    ties = lambda x: torch.linalg.vector_norm(x, INF, dim=1)  # noqa: E731
    given = {'axes': [1], 'keepDims': False, 'order': 'inf'}
    case('norm', 'order inf, ties', [[[3, -3, 1], [2, 2, 2]]], ties, given)


def running():
    for shape, axis in [((5,), 0), ((2, 3), 1), ((3, 2), 0), ((2, 3, 2), -2)]:
        title = f'{list(shape)} along {axis}'
        for op, compute in {
            'cumsum': torch.cumsum,
            'cumprod': torch.cumprod,
            'cummax': lambda x, a: torch.cummax(x, a).values,
            'cummin': lambda x, a: torch.cummin(x, a).values,
        }.items():
            over = lambda x, c=compute, a=axis: c(x, a)  # noqa: E731
            case(op, title, [shape], over, {'axis': axis}, second=op == 'cumprod')
            back = lambda x, c=compute, a=axis: c(x.flip(a), a).flip(a)  # noqa: E731
            case(op, f'{title}, reverse', [shape], back, {'axis': axis, 'reverse': True})
    tied = [[2, 3, 3, 1, 3, 0]]
    of_ties = 'Of tied elements the last met has the derivative.'
    case('cummax', 'ties', tied, lambda x: torch.cummax(x, 0).values, {'axis': 0}, note=of_ties)
    tied = [[2, 1, 1, 3, 1, 4]]
    case('cummin', 'ties', tied, lambda x: torch.cummin(x, 0).values, {'axis': 0}, note=of_ties)
    case('cumprod', 'with zeros', [[[2, 0, 3, -1], [0, 2, 0, 3]]], lambda x: torch.cumprod(x, 1), {'axis': 1})
    before = lambda x: torch.cumsum(x, 0) - x  # noqa: E731
    case('cumsum', 'exclusive', [(4,)], before, {'axis': 0, 'exclusive': True})
    after = lambda x: torch.cumsum(x.flip(0), 0).flip(0) - x  # noqa: E731
    case('cumsum', 'exclusive, reverse', [(4,)], after, {'axis': 0, 'exclusive': True, 'reverse': True})
    one = torch.ones(1, dtype=torch.float64)
    shifted = lambda x: torch.cumprod(torch.cat([one, x[:-1]]), 0)  # noqa: E731
    case('cumprod', 'exclusive', [(4,)], shifted, {'axis': 0, 'exclusive': True})
    odd = [1, NAN, 3, INF, -INF]
    for op, compute in {
        'cumsum': torch.cumsum,
        'cumprod': torch.cumprod,
        'cummax': lambda x, a: torch.cummax(x, a).values,
        'cummin': lambda x, a: torch.cummin(x, a).values,
    }.items():
        case(op, 'NaN', [odd], lambda x, c=compute: c(x, 0), {'axis': 0}, gradient=False)
        case(op, 'int32', [ints([3, -1, 4, 4, -5])], lambda x, c=compute: c(x, 0), {'axis': 0})


def make():
    for family in (sums, positions, exponentials, spread, norms, running):
        family()
