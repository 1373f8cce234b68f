"""Goldens of arithmetic and elementary functions: ordinary values, kinks and ties, far and near zero, NaN and infinities."""

import math

import torch

from ops_case import Fixed, case, ints

NAN, INF = math.nan, math.inf
TINY = 2**-10


def binary():
    pairs = [((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((2, 3), ()), ((2, 1, 2), (3, 1))]
    odd = [[INF, NAN, 1, -INF, 0], [-INF, 1, NAN, 2, INF]]
    for op, compute in {'add': torch.add, 'sub': torch.sub, 'mul': torch.mul, 'div': torch.div}.items():
        for a, b in pairs:
            second = op in ('mul', 'div') and b in ((3,), (1, 3))
            case(op, f'{list(a)} and {list(b)}', [a, b], compute, second=second)
        case(op, 'NaN and infinities', odd, compute, gradient=False)
    case('div', 'large and small denominators', [[1, -2, 3, -4], [64, 0.015625, -256, -0.0078125]], torch.div)
    case('div', 'by zero', [[1, -1, 0], [0, 0, 0]], torch.div, gradient=False)
    for op, compute in {'add': torch.add, 'sub': torch.sub, 'mul': torch.mul}.items():
        case(op, 'int32', [ints([7, -7, 100000, 0]), ints([2, 3, -20000, 5])], compute)
    case('div', 'int32 gives floats', [ints([7, -7, 0]), ints([2, 4, 3])], lambda a, b: a.double() / b.double())
    case('add', 'rank 8', [(1, 2, 1, 1, 2, 1, 1, 1), (1, 1, 1, 2, 1, 1, 1, 1)], torch.add)
    case('mul', 'empty, [0, 3] and [3]', [(0, 3), (3,)], torch.mul)
    case('mul', 'scalars', [(), ()], torch.mul, second=True)
    mask = torch.tensor([[True, False, True], [False, False, True]])
    case('where', '[2, 3]', [mask, (2, 3), (2, 3)], torch.where)
    case('where', 'condition [3], [2, 1] and [3]', [mask[0], (2, 1), (3,)], torch.where)
    case('where', 'condition [2, 3], scalar otherwise', [mask, (2, 3), ()], torch.where)
    case('where', 'NaN where it is not taken', [mask[0], [1, NAN, 2], [INF, 3, NAN]], torch.where)


def powers():
    pairs = [((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3))]
    for a, b in pairs:
        case('pow', f'{list(a)} to {list(b)}, positive base', [a, b], torch.pow, low=0.25, high=3, second=a == b)
    case('pow', 'negative exponents', [[0.5, 1, 2, 3], [-1.5, -2, -0.5, -3]], torch.pow)
    case('pow', 'base 0', [[0, 0, 0, 0], [1, 2, 3, 2.5]], torch.pow)
    case('pow', '0 to the power of 0 is 1', [[0, 1, -2], [0, 0, 0]], torch.pow, gradient=False)
    case('pow', 'NaN and infinities', [[NAN, INF, 2, -INF, NAN], [1, 2, INF, 3, 0]], torch.pow, gradient=False)
    for exponent in (0, 1, 2, 3, -1, -2):
        base = Fixed([float(exponent)] * 4)
        title = f'negative base to the power of {exponent}'
        case('pow', title, [[-2, -0.5, 0.75, 1.5], base], torch.pow, second=exponent in (2, 3, -1, -2))
    for exponent in (1, 2, 3):
        case('pow', f'0 and -1 to the constant {exponent}', [[0, -1, 2], Fixed([float(exponent)] * 3)], torch.pow)
    case('pow', 'the constants 0.5 and 1.5', [[0.25, 2], Fixed([0.5, 1.5])], torch.pow, second=True)


def extremes():
    ties = 'At a tie PyTorch gives each operand half of the cotangent.'
    for op, compute in {'maximum': torch.maximum, 'minimum': torch.minimum}.items():
        case(op, 'no ties', [(2, 3), (2, 3)], compute)
        case(op, '[2, 1] and [3]', [(2, 1), (3,)], compute)
        case(op, 'ties', [[1, 2, -1, 0], [1, 1.5, -1, 0]], compute, note=ties)
        case(op, 'NaN and infinities', [[NAN, 1, INF, -INF, NAN], [1, NAN, 2, 3, INF]], compute, gradient=False)
        case(op, 'int32', [ints([3, -4, 5]), ints([2, -3, 5])], compute)
    case('clip', '[2, 3] to -1 .. 0.5', [(2, 3)], lambda x: x.clamp(-1, 0.5), {'low': -1, 'high': 0.5})
    case('clip', 'from below only', [(2, 3)], lambda x: x.clamp(min=0.25), {'low': 0.25})
    case('clip', 'from above only', [(2, 3)], lambda x: x.clamp(max=-0.25), {'high': -0.25})
    case('clip', 'at the limits', [[-2, -1, 0, 1, 2]], lambda x: x.clamp(-1, 1), {'low': -1, 'high': 1})
    odd = [NAN, INF, -INF, 0]
    case('clip', 'NaN and infinities', [odd], lambda x: x.clamp(-1, 1), {'low': -1, 'high': 1}, gradient=False)


def remainders():
    values = [[5.5, -5.5, 5.5, -5.5, 0.5, -7], [2, 2, -2, -2, 3, 0.75]]
    for op, compute in {'rem': torch.fmod, 'mod': torch.remainder}.items():
        case(op, 'all signs', values, compute)
        case(op, '[2, 3] by [3]', [(2, 3), (3,)], compute)
        case(op, 'int32', [ints([7, -7, 7, -7, 6]), ints([3, 3, -3, -3, 3])], compute)


def angles():
    case('atan2', 'four quadrants', [[1, 1, -1, -1, 2, -3], [1, -1, 1, -1, 0.5, 4]], torch.atan2, second=True)
    case('atan2', '[2, 1] and [3]', [(2, 1), (3,)], torch.atan2, second=True)
    case('atan2', 'on the axes', [[0, 1, -1, 0], [2, 0, 0, -2]], torch.atan2)
    zeros = [Fixed([0, 0, -0.0, -0.0]), Fixed([0, -0.0, 0, -0.0])]
    case('atan2', 'signed zeros', zeros, torch.atan2)
    case('atan2', 'far apart', [[2**20, -TINY, TINY], [TINY, 2**20, -(2**20)]], torch.atan2)


def comparisons():
    for op, compute in {
        'equal': torch.eq,
        'notEqual': torch.ne,
        'less': torch.lt,
        'lessEqual': torch.le,
        'greater': torch.gt,
        'greaterEqual': torch.ge,
    }.items():
        case(op, '[2, 3] and [3]', [Fixed([[1, 2, 3], [-1, 2, 0]]), Fixed([1, 1, 3])], compute)
        case(op, 'NaN, infinities and both zeros', [Fixed([NAN, NAN, INF, INF, -0.0]), Fixed([NAN, 1, INF, -INF, 0])], compute)
        case(op, 'int32', [ints([1, -2, 3]), ints([1, 2, -3])], compute)


def bits():
    a, b = torch.tensor([True, True, False, False]), torch.tensor([True, False, True, False])
    left, right = ints([12, -1, 255, 0]), ints([10, 7, -256, 5])
    for op, compute in {'and': torch.bitwise_and, 'or': torch.bitwise_or, 'xor': torch.bitwise_xor}.items():
        case(op, 'bool', [a, b], compute)
        case(op, 'int32', [left, right], compute)
        case(op, 'bool [2, 1] and [2]', [a[1:3].reshape(2, 1), b[:2]], compute)
    case('not', 'bool', [a], torch.bitwise_not)
    case('not', 'int32', [left], torch.bitwise_not)
    case('shiftLeft', 'int32', [ints([1, 3, -5, 7]), ints([4, 0, 2, 20])], torch.bitwise_left_shift)
    case('shiftRight', 'int32', [ints([256, 3, -5, -1024]), ints([4, 0, 1, 3])], torch.bitwise_right_shift)


def conversions():
    numbers = Fixed([-2.75, -0.5, 0, 0.5, 2.75, 1000])
    case('cast', 'floats to int32 truncate', [numbers], lambda x: x.to(torch.int64), {'dtype': 'int32'})
    case('cast', 'floats to bool', [numbers], lambda x: x.to(torch.bool), {'dtype': 'bool'})
    case('cast', 'int32 to bool', [ints([-1, 0, 5])], lambda x: x.to(torch.bool), {'dtype': 'bool'})
    case('cast', 'bool to int32', [torch.tensor([True, False])], lambda x: x.to(torch.int64), {'dtype': 'int32'})
    case('cast', 'int32 to float32', [ints([-3, 0, 16777216])], lambda x: x.double(), {'dtype': 'float32'})
    case('bitcast', 'float32 to int32', [numbers], lambda x: x.float().view(torch.int32), {'dtype': 'int32'})
    back = lambda x: x.to(torch.int32).view(torch.float32).double()  # noqa: E731
    case('bitcast', 'int32 to float32', [ints([0x3F800000, -0x40000000, 0x42280000])], back, {'dtype': 'float32'})
    odd = Fixed([NAN, INF, -INF, 0, -1.5, 2.0**120])
    for op, compute in {'isNaN': torch.isnan, 'isFinite': torch.isfinite, 'isInf': torch.isinf}.items():
        case(op, 'NaN, infinities and numbers', [odd], compute)
        case(op, 'numbers', [Fixed([[1, -2], [0, 2.0**-100]])], compute)
    case('stopGradient', 'x times its own value', [(2, 3)], lambda x: x * x.detach())


def unary():
    """Each function: an ordinary range, and points near zero, far from it, or at its jumps."""
    near = [-1, -TINY, 0, TINY, 1]
    steps = [-2.5, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2.5, 3.5, -8388607.5, 8388607.5]
    turns = [-100, -10, 0, 10, 100]
    for op, compute, low, high, points in [
        ('neg', torch.neg, -2, 2, [0, 2**20, -TINY]),
        ('abs', torch.abs, -2, 2, [-(2**20), TINY]),
        ('sign', torch.sign, -2, 2, [-3, -TINY, 0, TINY, 3]),
        ('floor', torch.floor, -2, 2, steps),
        ('ceil', torch.ceil, -2, 2, steps),
        ('round', torch.round, -2, 2, steps),
        ('trunc', torch.trunc, -2, 2, steps),
        ('square', torch.square, -2, 2, [-1024, -TINY, 0, 32768]),
        ('reciprocal', torch.reciprocal, 0.25, 3, [TINY, -TINY, 2**20, -3]),
        ('exp', torch.exp, -2, 2, [-80, -20, 0, 20, 80]),
        ('expm1', torch.expm1, -2, 2, [-80, *near, 20, 80]),
        ('log', torch.log, 0.0625, 3, [TINY, 1, 1024, 1.0078125]),
        ('log1p', torch.log1p, -0.9375, 2, [-0.9375, *near[1:], 2**-20, 2**20]),
        ('log2', torch.log2, 0.0625, 3, [TINY, 1, 1024, 3, 2.0**40]),
        ('sqrt', torch.sqrt, 0.0625, 3, [2**-12, 1, 65536]),
        ('rsqrt', torch.rsqrt, 0.0625, 3, [2**-12, 1, 65536]),
        ('sin', torch.sin, -2, 2, turns),
        ('cos', torch.cos, -2, 2, turns),
        ('tan', torch.tan, -1.25, 1.25, [*near, 1.5, 4.25, 10]),
        ('asin', torch.asin, -0.9375, 0.9375, [-0.9921875, *near[1:4], 0.9921875]),
        ('acos', torch.acos, -0.9375, 0.9375, [-0.9921875, *near[1:4], 0.9921875]),
        ('atan', torch.atan, -2, 2, [-1024, *near, 1024]),
        ('sinh', torch.sinh, -2, 2, [-20, *near, 20, 80]),
        ('cosh', torch.cosh, -2, 2, [-20, *near, 20, 80]),
        ('tanh', torch.tanh, -2, 2, [-50, -8, -TINY, 0, TINY, 8, 50]),
        ('asinh', torch.asinh, -2, 2, [-(2**20), *near, 1024]),
        ('acosh', torch.acosh, 1.0625, 4, [1.0078125, 2, 1024, 2**20]),
        ('atanh', torch.atanh, -0.9375, 0.9375, [-0.9921875, *near[1:4], 0.9921875]),
        ('erf', torch.erf, -2, 2, [-6, -3, *near, 3, 6]),
    ]:
        linear = op in ('neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'trunc')
        case(op, '[2, 3]', [(2, 3)], compute, low=low, high=high, second=not linear)
        case(op, 'far and near', [points], compute)
        # PyTorch's sign of NaN is 0, wgrad's NaN
        odd = [INF, -INF] if op == 'sign' else [NAN, INF, -INF]
        case(op, 'NaN and infinities', [odd], compute, gradient=False)
    case('abs', 'at 0', [[-1, 0, 0, 1]], torch.abs, note='The derivative at 0 is 0.')
    case('neg', 'int32', [ints([3, -4, 0])], torch.neg)
    case('abs', 'int32', [ints([3, -4, 0])], torch.abs)
    case('sign', 'int32', [ints([3, -4, 0])], torch.sign)
    case('log', 'of zero and below', [[0, -1]], torch.log, gradient=False)
    case('sqrt', 'of zero and below', [[0, -1]], torch.sqrt, gradient=False)
    case('sin', 'many turns', [[1000, -5000, 12345.5]], torch.sin)
    case('cos', 'many turns', [[1000, -5000, 12345.5]], torch.cos)


def make():
    for family in (binary, powers, extremes, remainders, angles, comparisons, bits, conversions, unary):
        family()
