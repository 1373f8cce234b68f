"""Goldens of convolutions and their transposes, of pooling and of resizing; data lies channels first, as in PyTorch.

`layout` says how the test calls wgrad: 'channelsFirst' as an option, 'channelsLast' with transposed data. All numbers are
multiples of 1/8, which keeps the file small.
"""

import math

import torch
import torch.nn.functional as F

from ops_case import case


def same(size, kernel, stride, dilation):
    """The padding with which ceil(size / stride) windows fit, the odd element after the data."""
    needed = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return [needed // 2, needed - needed // 2]


def pairs(padding, x, kernel, strides, dilation):
    """[low, high] per spatial axis."""
    spatial = len(kernel)
    if padding == 'valid':
        return [[0, 0]] * spatial
    if padding == 'same':
        return [same(*sizes) for sizes in zip(x, kernel, strides, dilation)]
    return [[padding, padding]] * spatial if isinstance(padding, int) else padding


def convolve(x, kernel, strides, padding, dilation, groups):
    spatial = kernel.dim() - 2
    compute = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[spatial]
    window = kernel.shape[2:]
    widths = pairs(padding, x.shape[2:], window, strides, dilation)
    flat = [width for pair in reversed(widths) for width in pair]
    y = compute(F.pad(x, flat), kernel, stride=strides, dilation=dilation, groups=groups)
    if padding == 'same' and set(strides) == {1}:  # PyTorch's own 'same'
        assert torch.equal(y, compute(x, kernel, padding='same', dilation=dilation, groups=groups))
    return y


def convolutions():
    cases = [
        # batch and channels, spatial sizes, outputs, window, strides, padding, dilation, groups
        ((2, 2), (5,), 3, (3,), (1,), 'valid', (1,), 1),
        ((1, 2), (6,), 2, (3,), (2,), 1, (1,), 1),
        ((1, 1), (7,), 2, (2,), (1,), 'same', (2,), 1),
        ((1, 2), (7,), 2, (4,), (3,), 'same', (1,), 1),
        ((1, 4), (5,), 4, (3,), (1,), [[2, 0]], (1,), 2),
        ((1, 3), (4,), 2, (1,), (1,), 'valid', (1,), 1),
        ((2, 2), (4, 4), 2, (3, 3), (1, 1), 'valid', (1, 1), 1),
        ((1, 2), (4, 5), 3, (2, 3), (1, 1), 'same', (1, 1), 1),
        ((1, 2), (5, 5), 2, (3, 3), (2, 2), 1, (1, 1), 1),
        ((1, 1), (5, 6), 2, (3, 2), (2, 3), 'same', (1, 1), 1),
        ((1, 1), (6, 5), 2, (2, 3), (1, 1), 'valid', (3, 2), 1),
        ((1, 1), (5, 5), 1, (2, 2), (2, 1), 2, (2, 1), 1),
        ((1, 2), (3, 4), 2, (2, 2), (1, 1), [[0, 1], [2, 1]], (1, 1), 1),
        ((1, 4), (3, 3), 4, (2, 2), (1, 1), 'valid', (1, 1), 2),
        ((1, 4), (3, 4), 2, (2, 2), (1, 2), 1, (1, 1), 2),
        ((2, 3), (2, 3), 4, (1, 1), (1, 1), 'valid', (1, 1), 1),
        ((1, 2), (4, 4), 2, (1, 1), (2, 2), 'valid', (1, 1), 1),
        ((1, 2), (3, 3), 3, (3, 3), (1, 1), 'valid', (1, 1), 1),
        ((1, 1), (3, 3, 3), 2, (2, 2, 2), (1, 1, 1), 'valid', (1, 1, 1), 1),
        ((1, 2), (2, 3, 4), 2, (2, 1, 2), (1, 1, 2), 'same', (1, 1, 1), 1),
        ((1, 2), (3, 2, 3), 2, (2, 2, 2), (2, 1, 1), 1, (1, 1, 2), 2),
    ]
    for number, (head, size, outputs, window, strides, padding, dilation, groups) in enumerate(cases):
        options = {'strides': list(strides), 'padding': padding, 'dilation': list(dilation), 'groups': groups}
        compute = lambda x, k, o=options: convolve(x, k, **o)  # noqa: E731
        shapes = [(*head, *size), (outputs, head[1] // groups, *window)]
        title = f'{list(shapes[0])} by {list(shapes[1])}, strides {list(strides)}, padding {padding}'
        title += f', dilation {list(dilation)}' * (set(dilation) != {1}) + f', {groups} groups' * (groups > 1)
        layouts = ['channelsFirst', 'channelsLast']
        op = f'conv{len(size)}d'
        params = {**options, 'layout': layouts[number % 2]}
        case(op, title, shapes, compute, params, step=8, distinct=False, second=number % 2 == 0)


def depthwise():
    for number, (shape, multiplier, window, strides, padding, dilation) in enumerate(
        [
            ((1, 3, 4, 4), 1, (3, 3), (1, 1), 'valid', (1, 1)),
            ((2, 2, 4, 3), 1, (2, 2), (1, 1), 'same', (1, 1)),
            ((1, 2, 5, 5), 2, (3, 3), (2, 2), 1, (1, 1)),
            ((1, 2, 5, 4), 1, (2, 2), (1, 1), 'valid', (2, 2)),
        ]
    ):
        options = {'strides': list(strides), 'padding': padding, 'dilation': list(dilation)}
        compute = lambda x, k, o=options: convolve(x, k, **o, groups=x.shape[1])  # noqa: E731
        title = f'{list(shape)}, {multiplier} per channel, window {list(window)}, strides {list(strides)}, padding {padding}'
        params = {**options, 'multiplier': multiplier, 'layout': 'channelsLast'}
        shapes = [shape, (shape[1] * multiplier, 1, *window)]
        case('depthwiseConv2d', title, shapes, compute, params, step=8, distinct=False, second=number < 2)


def transposed():
    for number, (shape, kernel, strides, padding, outputPadding, dilation, groups) in enumerate(
        [
            ((1, 2, 4), (2, 3, 3), [1], 0, [0], [1], 1),
            ((2, 2, 3), (2, 2, 2), [2], 0, [0], [1], 1),
            ((1, 2, 3), (2, 1, 3), [2], 1, [1], [1], 1),
            ((1, 1, 4), (1, 2, 3), [3], 1, [2], [1], 1),
            ((1, 1, 4), (1, 2, 3), [1], 1, [0], [2], 1),
            ((1, 2, 3, 3), (2, 2, 2, 2), [1, 1], 0, [0, 0], [1, 1], 1),
            ((1, 2, 2, 3), (2, 3, 2, 2), [2, 2], 0, [0, 0], [1, 1], 1),
            ((1, 2, 3, 2), (2, 1, 3, 3), [2, 2], 1, [1, 1], [1, 1], 1),
            ((2, 1, 2, 2), (1, 2, 3, 2), [2, 1], 1, [0, 0], [1, 1], 1),
            ((1, 1, 3, 3), (1, 2, 2, 2), [2, 3], 0, [1, 2], [1, 1], 1),
            ((1, 1, 3, 2), (1, 1, 2, 2), [1, 1], 0, [0, 0], [2, 2], 1),
            ((1, 4, 2, 2), (4, 1, 2, 2), [1, 1], 0, [0, 0], [1, 1], 2),
        ]
    ):
        spatial = len(shape) - 2
        function = {1: F.conv_transpose1d, 2: F.conv_transpose2d}[spatial]

        def compute(x, k, f=function, s=strides, p=padding, o=outputPadding, d=dilation, g=groups):
            return f(x, k, stride=s, padding=p, output_padding=o, dilation=d, groups=g)

        title = f'{list(shape)} by {list(kernel)}, strides {strides}, padding {padding}'
        title += f', output padding {outputPadding}' * any(outputPadding)
        title += f', dilation {dilation}' * (set(dilation) != {1}) + f', {groups} groups' * (groups > 1)
        params = {
            'strides': strides,
            'padding': padding,
            'outputPadding': outputPadding,
            'dilation': dilation,
            'groups': groups,
            'layout': ['channelsLast', 'channelsFirst'][number % 2],
        }
        shapes = [shape, kernel]
        case(f'conv{spatial}dTranspose', title, shapes, compute, params, step=8, distinct=False, second=number % 4 == 1)


def pooling():
    tied = [[[[1, 3, 3, 0], [2, 2, 3, 3], [5, 5, 5, 5], [0, 5, 5, 0]]]]
    for shape, window, strides, padding in [
        ((2, 2, 6), [2], [2], 0),
        ((1, 2, 7), [3], [1], 0),
        ((1, 2, 5), [3], [2], 1),
        ((1, 1, 5), [2], [3], 0),
        ((1, 2, 4, 4), [2, 2], [2, 2], 0),
        ((1, 1, 4, 5), [3, 2], [1, 1], 0),
        ((1, 2, 4, 4), [3, 3], [2, 2], 1),
        ((2, 1, 3, 4), [2, 3], [1, 2], 0),
        ((1, 1, 5, 5), [2, 2], [1, 1], 1),
    ]:
        n = len(window)
        params = {'window': window, 'strides': strides, 'padding': padding, 'layout': 'channelsLast'}
        title = f'{list(shape)}, window {window}, strides {strides}, padding {padding}'
        largest = lambda x, n=n, w=window, s=strides, p=padding: (F.max_pool1d, F.max_pool2d)[n - 1](x, w, s, p)  # noqa: E731
        case(f'maxPool{n}d', title, [shape], largest, params, step=16, low=-4, high=4)

        def average(x, n=n, w=window, s=strides, p=padding, include=False):
            return (F.avg_pool1d, F.avg_pool2d)[n - 1](x, w, s, p, count_include_pad=include)

        if padding == 0:
            case(f'avgPool{n}d', title, [shape], average, params, step=8, distinct=False)
            continue
        for include in (False, True):
            given = {**params, 'countPadding': include}
            counted = ', padding ' + ('counted' if include else 'not counted')
            compute = lambda x, a=average, i=include: a(x, include=i)  # noqa: E731
            case(f'avgPool{n}d', title + counted, [shape], compute, given, step=8, distinct=False)
    first = 'Of tied elements of a window the first has the derivative.'
    params = {'window': [2, 2], 'strides': [1, 1], 'padding': 0, 'layout': 'channelsLast'}
    case('maxPool2d', 'ties', [tied], lambda x: F.max_pool2d(x, 2, 1), params, note=first, step=16)
    negative = [[[[-3, -1], [-2, -5]]]]
    params = {'window': [2, 2], 'strides': [2, 2], 'padding': 1, 'layout': 'channelsLast'}
    case('maxPool2d', 'padding is never the greatest', [negative], lambda x: F.max_pool2d(x, 2, 2, 1), params, step=16)
    odd = [[[math.nan, 1, 2, 3, -math.inf, 0]]]
    params = {'window': [2], 'strides': [2], 'padding': 0, 'layout': 'channelsLast'}
    for op, compute in {'maxPool1d': F.max_pool1d, 'avgPool1d': F.avg_pool1d}.items():
        over = lambda x, c=compute: c(x, 2)  # noqa: E731
        case(op, 'NaN and infinities', [odd], over, params, gradient=False)
    for shape in [(2, 3, 4), (1, 2, 3, 3)]:
        axes = list(range(2, len(shape)))
        layout = {'layout': 'channelsLast'}
        case('globalMaxPool', f'{list(shape)}', [shape], lambda x, a=axes: x.amax(a), layout)
        case('globalAveragePool', f'{list(shape)}', [shape], lambda x, a=axes: x.mean(a), layout)


def resizing():
    for shape, size in [((1, 2, 2, 3), [4, 6]), ((1, 1, 4, 4), [2, 2]), ((2, 1, 3, 2), [6, 2]), ((1, 1, 2, 2), [8, 4]), ((1, 1, 3, 5), [5, 3])]:
        title = f'nearest, {list(shape)} to {size}'
        params = {'size': size, 'method': 'nearest', 'layout': 'channelsLast'}
        case('resize', title, [shape], lambda x, s=size: F.interpolate(x, s), params, step=8, distinct=False)
    for align in (False, True):
        for shape, size in [
            ((1, 2, 2, 3), [4, 6]),
            ((1, 1, 4, 4), [2, 2]),
            ((1, 1, 3, 4), [5, 3]),
            ((1, 1, 2, 2), [3, 5]),
            ((1, 1, 5, 3), [1, 3]),
            ((1, 1, 1, 2), [3, 3]),
        ]:
            title = f'bilinear, {list(shape)} to {size}' + (', corners aligned' if align else '')
            params = {'size': size, 'method': 'bilinear', 'alignCorners': align, 'layout': 'channelsLast'}
            compute = lambda x, s=size, a=align: F.interpolate(x, s, mode='bilinear', align_corners=a)  # noqa: E731
            case('resize', title, [shape], compute, params, step=8, distinct=False)


def make():
    for family in (convolutions, depthwise, transposed, pooling, resizing):
        family()
