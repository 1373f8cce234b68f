"""Goldens of creation, views, padding and joining. PyTorch's functions where it has them, else its indexing."""

import math

import torch
import torch.nn.functional as F

from ops_case import Fixed, case, ints

NAN = math.nan


def creation():
    case('arange', '1 to 4 by 0.5', [], lambda: torch.arange(1, 4, 0.5, dtype=torch.float64), {'values': [1, 4, 0.5]})
    case('arange', '5 down to 1', [], lambda: torch.arange(5, 1, -2, dtype=torch.float64), {'values': [5, 1, -2]})
    case('linspace', '-1 to 2 in 7', [], lambda: torch.linspace(-1, 2, 7, dtype=torch.float64), {'values': [-1, 2, 7]})
    case('full', '[2, 3] of 2.5', [], lambda: torch.full((2, 3), 2.5, dtype=torch.float64), {'shape': [2, 3], 'value': 2.5})
    case('zeros', '[2, 2]', [], lambda: torch.zeros(2, 2, dtype=torch.float64), {'shape': [2, 2]})
    case('ones', '[3]', [], lambda: torch.ones(3, dtype=torch.float64), {'shape': [3]})
    case('eye', '3', [], lambda: torch.eye(3, dtype=torch.float64), {'count': 3})
    case('zerosLike', '[2, 2]', [Fixed([[1, 2], [3, 4]])], torch.zeros_like)
    case('onesLike', '[2, 2]', [Fixed([[1, 2], [3, 4]])], torch.ones_like)
    case('fullLike', '[2], -1.5', [Fixed([1, 2])], lambda x: torch.full_like(x, -1.5), {'value': -1.5})
    case('oneHot', '[2, 2] of 4 classes', [ints([[3, 0], [1, 3]])], lambda i: F.one_hot(i, 4).double(), {'classes': 4})


def order():
    eight = ((2, 1, 2, 1, 1, 3, 1, 1), [5, 0, 7, 2, 1, 6, 4, 3])
    for shape, axes in [
        ((2, 3), [1, 0]),
        ((2, 3, 2), [2, 0, 1]),
        ((2, 3, 2), [0, 2, 1]),
        ((2, 1, 3, 2), [3, 1, 0, 2]),
        eight,
        ((0, 3), [1, 0]),
    ]:
        case('transpose', f'{list(shape)} by {axes}', [shape], lambda x, o=axes: x.permute(o), {'permutation': axes})
    for shape, target in [((2, 6), [3, 4]), ((2, 3, 2), [12]), ((4,), [2, 1, 2]), ((1,), []), ((), [1, 1])]:
        case('reshape', f'{list(shape)} to {target}', [shape], lambda x, t=target: x.reshape(t), {'shape': target})
    for shape, start in [((2, 3), 0), ((2, 3, 2), 1), ((2, 1, 2, 2), 2)]:
        case('flatten', f'{list(shape)} from {start}', [shape], lambda x, s=start: x.flatten(s), {'from': start})
    for shape, target in [((3,), [2, 3]), ((2, 1), [2, 3]), ((), [2, 2]), ((1, 2, 1), [2, 2, 3])]:
        case('broadcastTo', f'{list(shape)} to {target}', [shape], lambda x, t=target: x.expand(t), {'shape': target})
    for shape, axis in [((3,), 0), ((3,), -1), ((2, 3), 1)]:
        case('expandDims', f'{list(shape)} at {axis}', [shape], lambda x, a=axis: x.unsqueeze(a), {'axis': axis})
    for shape, axis in [((1, 3), 0), ((2, 1, 3), 1), ((3, 1), -1)]:
        case('squeeze', f'{list(shape)} at {axis}', [shape], lambda x, a=axis: x.squeeze(a), {'axis': axis})
    case('squeeze', '[1, 2, 1], all', [(1, 2, 1)], torch.squeeze)
    for shape, axes in [((4,), [0]), ((2, 3), [1]), ((2, 3), [0, 1]), ((2, 2, 3), [0, 2])]:
        case('flip', f'{list(shape)} over {axes}', [shape], lambda x, a=axes: x.flip(a), {'axes': axes})
    for shape, shift, axis in [((5,), 2, 0), ((5,), -7, 0), ((2, 3), 1, 1), ((3, 2, 2), -1, -3)]:
        roll = lambda x, s=shift, a=axis: x.roll(s, a)  # noqa: E731
        case('roll', f'{list(shape)} by {shift} along {axis}', [shape], roll, {'shift': shift, 'axis': axis})
    for shape, repeats in [((3,), [2]), ((2, 2), [2, 1]), ((2, 1), [1, 3]), ((2,), [2, 2])]:
        case('tile', f'{list(shape)} by {repeats}', [shape], lambda x, r=repeats: x.repeat(r), {'repeats': repeats})
    for shape, count, axis in [((3,), 2, 0), ((2, 2), 3, 1), ((2, 2), 2, -2)]:
        repeat = lambda x, c=count, a=axis: x.repeat_interleave(c, a)  # noqa: E731
        case('repeat', f'{list(shape)} by {count} along {axis}', [shape], repeat, {'count': count, 'axis': axis})


def cuts():
    for shape, start, stop, step in [
        ((7,), [1], [6], [2]),
        ((8,), [0], [8], [3]),
        ((4, 5), [1, 0], [4, 5], [1, 1]),
        ((4, 5), [0, 1], [4, 5], [2, 3]),
        ((3, 2, 4), [1, 0, 0], [2, 2, 4], [1, 1, 2]),
        ((3, 2), [1, 0], [1, 2], [1, 1]),
    ]:
        cut = tuple(slice(*bounds) for bounds in zip(start, stop, step))
        title = f'{list(shape)} from {start} to {stop} by {step}'
        case('slice', title, [shape], lambda x, c=cut: x[c], {'start': start, 'stop': stop, 'step': step})
    for shape, selectors, pick in [
        ((4, 3), [1], lambda x: x[1]),
        ((4, 3), [-1], lambda x: x[-1]),
        ((4, 3), ['1:3'], lambda x: x[1:3]),
        ((5, 3), ['::2', 1], lambda x: x[::2, 1]),
        ((5,), ['::-1'], lambda x: x.flip(0)),
        ((6,), ['4:0:-2'], lambda x: x[[4, 2]]),
        ((2, 3), [None, '...', None], lambda x: x[None, ..., None]),
        ((2, 3, 2), ['...', 0], lambda x: x[..., 0]),
        ((2, 3, 2), [1, '...', '-1:'], lambda x: x[1, ..., -1:]),
        ((5,), ['-3:'], lambda x: x[-3:]),
    ]:
        case('index', f'{list(shape)} by {selectors}', [shape], pick, {'selectors': selectors})
    for shape, selectors, at, pick in [
        ((4, 2), ['@'], [3, 0, 3], lambda x, i: x[i]),
        ((2, 4), [':', '@'], [[1, 3], [0, 1]], lambda x, i: x[:, i]),
        ((2, 3, 3), ['...', '@'], [2, 2], lambda x, i: x[..., i]),
    ]:
        title = f'{list(shape)} by {selectors} at {at}'
        case('index', title, [shape, ints(at)], pick, {'selectors': selectors})


def padding():
    for shape, widths, value in [
        ((3,), [[1, 2]], 0),
        ((2, 3), [[0, 1], [2, 0]], 0.5),
        ((2, 2), [[1, 1], [1, 1]], -1),
        ((1, 2, 2), [[1, 0], [0, 0], [0, 2]], 3),
    ]:
        flat = [width for pair in reversed(widths) for width in pair]  # PyTorch counts from the last axis
        compute = lambda x, f=flat, v=value: F.pad(x, f, value=v)  # noqa: E731
        case('pad', f'{list(shape)} by {widths} with {value}', [shape], compute, {'widths': widths, 'value': value})
    for mode, name in (('reflect', 'reflect'), ('edge', 'replicate')):
        for shape, widths in [((4,), [[2, 3]]), ((3, 4), [[1, 0], [2, 2]]), ((2, 3, 3), [[0, 0], [2, 1], [0, 2]])]:
            if mode == 'reflect' or len(shape) < 4:

                def compute(x, widths=widths, name=name):
                    # PyTorch pads the last axes of batches only
                    axes = [pair for pair in widths if pair != [0, 0]] if x.dim() == 3 else widths
                    flat = [width for pair in reversed(axes) for width in pair]
                    return F.pad(x[None] if x.dim() == 3 else x[None, None], flat, mode=name).reshape(
                        [size + sum(pair) for size, pair in zip(x.shape, widths)]
                    )

                title = f'{list(shape)} by {widths}, {mode}'
                case('pad', title, [shape], compute, {'widths': widths, 'value': mode})


def joining():
    for shapes, axis in [([(2,), (3,)], 0), ([(2, 2), (1, 2)], 0), ([(2, 1), (2, 3), (2, 2)], 1), ([(2, 1, 2)] * 2, -1)]:
        title = f'{[list(shape) for shape in shapes]} along {axis}'
        case('concat', title, shapes, lambda *xs, a=axis: torch.cat(xs, a), {'axis': axis})
    case('concat', 'an empty part', [(0, 2), (2, 2)], lambda *xs: torch.cat(xs, 0), {'axis': 0})
    for shapes, axis in [([(3,)] * 2, 0), ([(3,)] * 3, 1), ([(2, 2)] * 2, -1), ([()] * 3, 0)]:
        title = f'{len(shapes)} of {list(shapes[0])} along {axis}'
        case('stack', title, shapes, lambda *xs, a=axis: torch.stack(xs, a), {'axis': axis})
    for shape, parts, axis, part in [
        ((6,), 3, 0, 1),
        ((2, 4), 2, 1, 0),
        ((5,), [1, 3, 1], 0, 1),
        ((2, 5), [2, 3], -1, 1),
    ]:
        sizes = parts if isinstance(parts, list) else shape[axis] // parts
        compute = lambda x, s=sizes, a=axis, p=part: x.split(s, a)[p]  # noqa: E731
        title = f'{list(shape)} in {parts} along {axis}, part {part}'
        case('split', title, [shape], compute, {'parts': parts, 'axis': axis, 'part': part})
    for shape, axis, part in [((3, 2), 0, 1), ((2, 3), 1, 2), ((2, 2, 3), -1, 0)]:
        title = f'{list(shape)} along {axis}, part {part}'
        case('unstack', title, [shape], lambda x, a=axis, p=part: x.unbind(a)[p], {'axis': axis, 'part': part})


def make():
    for family in (creation, order, cuts, padding, joining):
        family()
