"""Goldens of normalisation and attention. Where PyTorch has no function of all inputs (running statistics are constants to its
batch_norm, rms_norm and attention came later), a formula of its operations; `check` compares the two where both are there.
"""

import math

import torch
import torch.nn.functional as F

from ops_case import case


def column(vector, x):
    """A vector of channels against [N, C, ...]."""
    return vector.reshape(1, -1, *[1] * (x.dim() - 2))


def check(a, b):
    assert torch.allclose(a, b, rtol=1e-12, atol=1e-13), (a - b).abs().max()
    return a


def by_statistics(x, mean, variance, scale=None, offset=None, eps=1e-5):
    y = (x - column(mean, x)) / torch.sqrt(column(variance, x) + eps)
    y = y if scale is None else y * column(scale, x) + column(offset, x)
    return check(y, F.batch_norm(x, mean.detach(), variance.detach(), scale, offset, eps=eps))


def of_batch(x, scale=None, offset=None, eps=1e-5):
    return F.batch_norm(x, None, None, scale, offset, training=True, eps=eps)


def batches():
    variances = [0.5, 1.5]
    for shape in [(3, 2), (2, 2, 3), (1, 2, 2, 2)]:
        channels = (2,)
        size = f'{list(shape)}'
        for eps in (1e-5, 0.125):
            params = {'epsilon': eps, 'layout': 'channelsLast'}
            compute = lambda x, m, v, e=eps: by_statistics(x, m, v, eps=e)  # noqa: E731
            case('batchNorm', f'{size}, statistics given, epsilon {eps}', [shape, channels, variances], compute, params)
        params = {'epsilon': 1e-5, 'layout': 'channelsLast'}
        inputs = [shape, channels, variances, channels, channels]
        case('batchNorm', f'{size}, statistics given, scale and offset', inputs, by_statistics, params, second=True)
        params = {'epsilon': 1e-5, 'ofBatch': True, 'layout': 'channelsLast'}
        case('batchNorm', f'{size}, of the batch', [shape], of_batch, params, second=True)
        case('batchNorm', f'{size}, of the batch, scale and offset', [shape, channels, channels], of_batch, params)
        axes = [0, *range(2, len(shape))]
        for statistic, compute in {
            'mean': lambda x, a=axes: x.mean(a),
            'variance': lambda x, a=axes: x.var(a, unbiased=False),
        }.items():
            params = {'statistic': statistic, 'layout': 'channelsLast'}
            case('batchStatistics', f'{statistic} of {size}', [shape], compute, params)


def layers():
    for shape, axes in [((2, 4), [-1]), ((2, 2, 3), [-1]), ((2, 2, 3), [1, 2]), ((5,), [0])]:
        width = tuple(shape[axis] for axis in axes)
        title = f'{list(shape)} over {axes}'
        params = {'axes': axes, 'epsilon': 1e-5}
        plain = lambda x, w=width: F.layer_norm(x, w)  # noqa: E731
        case('layerNorm', title, [shape], plain, params, second=True)
        full = lambda x, s, o, w=width: F.layer_norm(x, w, s, o)  # noqa: E731
        case('layerNorm', f'{title}, scale and offset', [shape, width, width], full, params, second=shape == (2, 4))
        larger = lambda x, w=width: F.layer_norm(x, w, eps=0.125)  # noqa: E731
        case('layerNorm', f'{title}, epsilon 0.125', [shape], larger, {'axes': axes, 'epsilon': 0.125})
    equal = lambda x: F.layer_norm(x, (3,))  # noqa: E731
    case('layerNorm', 'of equal numbers', [[[2, 2, 2]]], equal, {'axes': [-1], 'epsilon': 1e-5})
    for shape in [(2, 4), (2, 2, 3)]:
        rms = lambda x, eps=1e-5: x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps)  # noqa: E731
        case('rmsNorm', f'{list(shape)}', [shape], rms, {'epsilon': 1e-5}, second=True)
        scaled = lambda x, s, r=rms: r(x) * s  # noqa: E731
        case('rmsNorm', f'{list(shape)}, scale', [shape, shape[-1:]], scaled, {'epsilon': 1e-5}, second=True)
        case('rmsNorm', f'{list(shape)}, epsilon 0.125', [shape], lambda x, r=rms: r(x, 0.125), {'epsilon': 0.125})


def groups():
    for shape, count in [((2, 6), 2), ((1, 4, 3), 2), ((1, 3, 2, 2), 1), ((2, 2, 3, 1), 2)]:
        channels = (shape[1],)
        title = f'{list(shape)} in {count}'
        params = {'groups': count, 'epsilon': 1e-5, 'layout': 'channelsLast'}
        plain = lambda x, c=count: F.group_norm(x, c)  # noqa: E731
        case('groupNorm', title, [shape], plain, params, second=True)
        full = lambda x, s, o, c=count: F.group_norm(x, c, s, o)  # noqa: E731
        case('groupNorm', f'{title}, scale and offset', [shape, channels, channels], full, params)
    for shape in [(2, 2, 4), (1, 3, 2, 2)]:
        channels = (shape[1],)
        params = {'epsilon': 1e-5, 'layout': 'channelsLast'}
        plain = lambda x: F.instance_norm(x)  # noqa: E731
        case('instanceNorm', f'{list(shape)}', [shape], plain, params, second=True)
        full = lambda x, s, o: F.instance_norm(x, weight=s, bias=o)  # noqa: E731
        case('instanceNorm', f'{list(shape)}, scale and offset', [shape, channels, channels], full, params)


def attend(q, k, v, mask=None, causal=False, scale=None):
    """q [B, T, H, D], k and v [B, S, K, D], head h of q with head h // (H / K) of k."""
    repeats = q.shape[2] // k.shape[2]
    k, v = (x.repeat_interleave(repeats, 2) for x in (k, v))
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = torch.einsum('bthd,bshd->bhts', q, k) * scale
    if causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -math.inf)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    y = torch.einsum('bhts,bshd->bthd', scores.softmax(-1), v)
    if scale == 1 / math.sqrt(q.shape[-1]):
        turned = (x.transpose(1, 2) for x in (q, k, v))
        hidden = mask if not causal else torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
        theirs = F._scaled_dot_product_attention(*turned, hidden if mask is None or not causal else hidden & mask)[0]
        check(y, theirs.transpose(1, 2))
    return y


def attention():
    for title, q, k, options in [
        ('one head', (1, 2, 1, 3), (1, 3, 1, 3), {}),
        ('two heads', (2, 2, 2, 2), (2, 3, 2, 2), {}),
        ('causal', (1, 3, 2, 2), (1, 3, 2, 2), {'causal': True}),
        ('scale 0.25', (1, 2, 2, 2), (1, 3, 2, 2), {'scale': 0.25}),
        ('grouped heads, 4 on 2', (1, 2, 4, 2), (1, 3, 2, 2), {}),
        ('grouped heads, 4 on 1, causal', (1, 3, 4, 2), (1, 3, 1, 2), {'causal': True}),
    ]:
        compute = lambda q, k, v, o=options: attend(q, k, v, **o)  # noqa: E731
        case('attention', title, [q, k, k], compute, options, second=title in ('one head', 'causal'))
    mask = torch.tensor([[True, False, True], [True, True, False]])
    q, k = (1, 2, 2, 2), (1, 3, 2, 2)
    masked = lambda q, k, v, m: attend(q, k, v, m)  # noqa: E731
    case('attention', 'masked, [T, S]', [q, k, k, mask], masked)
    per_batch = torch.tensor([[[[True, True, False]]], [[[False, True, True]]]])
    case('attention', 'masked, [B, 1, 1, S]', [(2, 2, 2, 2), (2, 3, 2, 2), (2, 3, 2, 2), per_batch], masked)
    square = torch.tensor([[True, False, True], [True, True, True], [True, True, False]])
    both = lambda q, k, v, m: attend(q, k, v, m, causal=True)  # noqa: E731
    k = (1, 3, 1, 2)
    case('attention', 'masked and causal', [k, k, k, square], both, {'causal': True})


def make():
    for family in (batches, layers, groups, attention):
        family()


