"""Goldens of reading and writing at positions that are data, and of sorting."""

import math

import torch
import torch.nn.functional as F

from ops_case import Fixed, case, ints

NAN, INF = math.nan, math.inf


def rows():
    for shape, at in [((5, 3), [4, 0, 2]), ((4, 2), [1, 1, 3, 1]), ((3, 2), [[0, 2], [2, 2]]), ((4,), [3, 3, 0])]:
        case('gather', f'{list(shape)} at {at}', [shape, ints(at)], lambda x, i: x[i], {'axis': 0})
    for shape, at, axis in [((2, 4), [3, 0], 1), ((2, 3, 2), [2, 2, 0], 1), ((2, 3), [1], -1)]:
        compute = lambda x, i, a=axis: x.index_select(a, i)  # noqa: E731
        case('gather', f'{list(shape)} at {at} along {axis}', [shape, ints(at)], compute, {'axis': axis})
    embedding = lambda table, at: F.embedding(at, table)  # noqa: E731
    case('embedding', '[6, 2] at [2, 3]', [(6, 2), ints([[5, 0, 5], [1, 5, 0]])], embedding)
    case('embedding', '[4, 3] at a scalar', [(4, 3), ints(2)], embedding)
    scatter_add = lambda x, i, updates: x.index_add(0, i, updates)  # noqa: E731
    for shape, at in [((4, 2), [3, 0]), ((3, 2), [1, 1, 2, 1]), ((4,), [2, 2, 0])]:
        inputs = [shape, ints(at), (len(at), *shape[1:])]
        case('scatterAdd', f'{list(shape)} at {at}', inputs, scatter_add)
    for shape, at, compute in [
        ((3, 2), [[0, 1], [2, 0], [0, 1]], lambda x, i: x[i[:, 0], i[:, 1]]),
        ((3, 2), [[2], [0]], lambda x, i: x[i[:, 0]]),
        ((2, 3, 2), [[[1, 2], [0, 0]]], lambda x, i: x[i[..., 0], i[..., 1]]),
        ((2, 2, 2), [[1, 0, 1], [0, 0, 1]], lambda x, i: x[i[:, 0], i[:, 1], i[:, 2]]),
    ]:
        case('gatherNd', f'{list(shape)} at {at}', [shape, ints(at)], compute)
    for shape, at, axis in [
        ((2, 3), [[2, 0], [1, 1]], 1),
        ((3, 2), [[2, 0], [0, 0]], 0),
        ((2, 2, 3), [[[2], [0]], [[1], [1]]], -1),
        ((4,), [3, 3, 0], 0),
    ]:
        compute = lambda x, i, a=axis: torch.take_along_dim(x, i, a)  # noqa: E731
        case('takeAlongAxis', f'{list(shape)} at {at} along {axis}', [shape, ints(at)], compute, {'axis': axis})
    for shape, start, length in [((5, 2), 1, 3), ((4,), 0, 2)]:
        compute = lambda x, s, n=length: x.narrow(0, int(s), n)  # noqa: E731
        title = f'{length} of {list(shape)} from {start}'
        case('dynamicSlice', title, [shape, ints(start)], compute, {'length': length})


def sorting():
    for shape, axis, descending in [((6,), 0, False), ((2, 4), -1, True), ((4, 2), 0, False), ((2, 3, 2), 1, True)]:
        params = {'axis': axis, 'descending': descending}
        title = f'{list(shape)} along {axis}' + (', descending' if descending else '')
        case('sort', title, [shape], lambda x, a=axis, d=descending: x.sort(a, d).values, params)
        order = lambda x, a=axis, d=descending: x.sort(a, d).indices  # noqa: E731
        case('argsort', title, [shape], order, params, gradient=False)
        for result in ('values', 'indices'):
            top = lambda x, a=axis, d=descending, r=result: getattr(x.topk(2, a, largest=not d), r)  # noqa: E731
            given = {'k': 2, 'axis': axis, 'largest': not descending, 'result': result}
            least = ', the least' if descending else ''
            case('topK', f'{result} of 2 of {list(shape)} along {axis}{least}', [shape], top, given, gradient=result == 'values')
    ties = Fixed([[2, 1, 2, 1], [0, 0, -1, 0]])
    for descending in (False, True):
        params = {'axis': -1, 'descending': descending}
        stable = lambda x, d=descending: torch.sort(x, stable=True, dim=-1, descending=d)  # noqa: E731
        title = 'ties' + (', descending' if descending else '')
        case('argsort', title, [ties], lambda x, s=stable: s(x).indices, params)
        case('sort', title, [ties], lambda x, s=stable: s(x).values, params)
        case('argsort', f'int32 {title}', [ints([3, -1, 3, 2])], lambda x, s=stable: s(x).indices, params)
    last = lambda x: torch.sort(x, stable=True)  # noqa: E731
    odd = Fixed([NAN, 1, INF, -INF, NAN, 0])
    case('sort', 'NaN last', [odd], lambda x: last(x).values, {'axis': -1, 'descending': False})
    case('argsort', 'NaN last', [odd], lambda x: last(x).indices, {'axis': -1, 'descending': False})
    longer = lambda x: x.sort().values  # noqa: E731
    case('sort', '[33]', [(33,)], longer, {'axis': -1, 'descending': False})


def make():
    for family in (rows, sorting):
        family()
