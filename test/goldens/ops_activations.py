"""Goldens of activation functions: ordinary values, tails, kinks, NaN."""

import math

import torch
import torch.nn.functional as F

from ops_case import case

NAN, INF = math.nan, math.inf


def smooth():
    tails = [-50, -10, -4, 0, 4, 10, 50]
    # PyTorch's softplus is linear above 20, which differs from log(1 + exp(x)) by up to 2e-9 below 28
    soft = [-100, -30, -10, 0, 10, 19, 50, 100]
    for op, title, compute, params, points in [
        ('sigmoid', '', torch.sigmoid, {}, [-50, -16, 0, 16, 50]),
        ('logSigmoid', '', F.logsigmoid, {}, soft),
        ('softplus', '', F.softplus, {}, soft),
        ('gelu', '', F.gelu, {}, [-10, -4, 0, 4, 10]),
        ('gelu', 'tanh, ', lambda x: F.gelu(x, approximate='tanh'), {'approximate': True}, [-10, -4, 0, 4, 10]),
        ('silu', '', F.silu, {}, tails),
        ('mish', '', F.mish, {}, [-50, -10, -4, 0, 4, 10, 19]),
    ]:
        case(op, f'{title}[2, 3]', [(2, 3)], compute, params, second=True)
        case(op, f'{title}tails', [points], compute, params)
        case(op, f'{title}NaN', [[NAN, 1]], compute, params, gradient=False)
    case('sigmoid', 'infinities', [[INF, -INF]], torch.sigmoid, gradient=False)


def kinked():
    around = [-50, -1, 0, 1, 50]
    for op, title, compute, params, points, infinities in [
        ('relu', '', F.relu, {}, [-1, 0, 0, 1], True),
        ('leakyRelu', 'slope 0.0625, ', lambda x: F.leaky_relu(x, 0.0625), {'negativeSlope': 0.0625}, around, True),
        ('leakyRelu', 'slope 0.25, ', lambda x: F.leaky_relu(x, 0.25), {'negativeSlope': 0.25}, around, True),
        ('elu', '', F.elu, {'alpha': 1}, around, True),
        ('elu', 'alpha 0.5, ', lambda x: F.elu(x, 0.5), {'alpha': 0.5}, [-50, -1, 1, 50], True),
        ('selu', '', F.selu, {}, [-50, -1, 1, 50], True),
        ('celu', '', F.celu, {'alpha': 1}, around, True),
        ('celu', 'alpha 2, ', lambda x: F.celu(x, 2.0), {'alpha': 2}, around, True),
        # F.hardsigmoid's derivative is 1/6 rounded to float32
        ('hardSigmoid', '', lambda x: F.relu6(x + 3) / 6, {}, [-8, -3, -1, 0, 1, 3, 8], True),
        ('hardSwish', '', F.hardswish, {}, [-8, -1, 0, 1, 8], False),
        ('hardTanh', '', F.hardtanh, {}, [-2, -1, 0, 1, 2], True),
        ('relu6', '', F.relu6, {}, [-1, 0, 3, 6, 7], True),
        ('softsign', '', F.softsign, {}, [-1024, -1, 0, 1, 1024], False),
    ]:
        bent = op in ('elu', 'selu', 'celu', 'hardSwish', 'softsign')
        case(op, f'{title}[2, 3]', [(2, 3)], compute, params, second=bent)
        case(op, f'{title}at the kinks and far', [points], compute, params)
        odd = [NAN, INF, -INF] if infinities else [NAN, 1]
        case(op, f'{title}NaN', [odd], compute, params, gradient=False)
    case('hardSwish', 'at -3 and 3', [[-3, 3]], F.hardswish)
    case('selu', 'at 0', [[0, 1]], F.selu)
    case('elu', 'alpha 0.5, at 0', [[0, 1]], lambda x: F.elu(x, 0.5), {'alpha': 0.5})


def prelu():
    compute = lambda x, slope: torch.where(x > 0, x, x * slope)  # noqa: E731
    x = torch.randn(2, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    weight = torch.tensor([0.5, -1, 2], dtype=torch.float64)
    assert torch.equal(F.prelu(x, weight), compute(x, weight))  # PyTorch's channels are on axis 1
    case('prelu', '[2, 3] with [3]', [(2, 3), (3,)], compute, second=True)
    case('prelu', 'one slope', [(2, 3), ()], compute, second=True)
    case('prelu', 'at 0', [[-1, 0, 1], [0.25, 0.5, 0.75]], compute)


def make():
    for family in (smooth, kinked, prelu):
        family()
