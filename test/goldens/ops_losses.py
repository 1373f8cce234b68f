"""Goldens of losses. wgrad averages an elementwise loss within each sample (axis 0 counts samples), so `reduced` does so with
PyTorch's unreduced values; a mean over all samples is then PyTorch's own mean, which is asserted.
"""

import math

import torch
import torch.nn.functional as F

from ops_case import Fixed, case, ints

REDUCTIONS = ('mean', 'sum', 'none')


def reduced(values, reduction):
    per_sample = values.flatten(1).mean(1) if values.dim() > 1 else values
    return {'mean': per_sample.mean, 'sum': per_sample.sum, 'none': lambda: per_sample}[reduction]()


def cross_entropy():
    op = 'softmaxCrossEntropy'
    soft = [[0.5, 0.25, 0.25], [0, 1, 0], [0.125, 0.125, 0.75]]
    labels = ints([2, 0, 1, 2])
    for reduction in REDUCTIONS:
        second = reduction == 'mean'
        compute = lambda x, y, r=reduction: F.cross_entropy(x, y, reduction=r)  # noqa: E731
        given = {'labels': 'integer', 'reduction': reduction}
        case(op, f'integer labels, {reduction}', [(4, 3), labels], compute, given, second=second)
        given = {'labels': 'probability', 'reduction': reduction}
        case(op, f'probabilities, {reduction}', [(3, 3), soft], compute, given, second=second)
        for smoothing in (0.125, 0.5):
            smooth = lambda x, y, r=reduction, s=smoothing: F.cross_entropy(x, y, reduction=r, label_smoothing=s)  # noqa: E731
            given = {'reduction': reduction, 'labelSmoothing': smoothing}
            case(op, f'label smoothing {smoothing}, {reduction}', [(4, 3), labels], smooth, given)
        smooth = lambda x, y, r=reduction: F.cross_entropy(x, y, reduction=r, label_smoothing=0.25)  # noqa: E731
        given = {'reduction': reduction, 'labelSmoothing': 0.25}
        case(op, f'probabilities, label smoothing 0.25, {reduction}', [(3, 3), soft], smooth, given)
        weights = [0.5, 2, 1]
        weigh = torch.tensor(weights, dtype=torch.float64)
        weighted = lambda x, y, r=reduction: F.cross_entropy(x, y, weigh, reduction=r)  # noqa: E731
        given = {'reduction': reduction, 'classWeights': weights}
        case(op, f'class weights, {reduction}', [(4, 3), labels], weighted, given, second=second)
        case(op, f'probabilities, class weights, {reduction}', [(3, 3), soft], weighted, given)
        ignoring = lambda x, y, r=reduction: F.cross_entropy(x, y, reduction=r, ignore_index=0)  # noqa: E731
        given = {'reduction': reduction, 'ignoreIndex': 0}
        case(op, f'label 0 ignored, {reduction}', [(4, 3), labels], ignoring, given)
        outside = ints([2, -1, 1, -1])
        ignoring = lambda x, y, r=reduction: F.cross_entropy(x, y, reduction=r, ignore_index=-1)  # noqa: E731
        given = {'reduction': reduction, 'ignoreIndex': -1}
        case(op, f'label -1 ignored, {reduction}', [(4, 3), outside], ignoring, given)

        def everything(x, y, r=reduction):
            return F.cross_entropy(x, y, weigh, reduction=r, ignore_index=-1, label_smoothing=0.25)

        given = {'reduction': reduction, 'ignoreIndex': -1, 'labelSmoothing': 0.25, 'classWeights': weights}
        case(op, f'smoothing, class weights and ignored labels, {reduction}', [(4, 3), outside], everything, given)
    given = {'reduction': 'mean'}
    case(op, 'ten classes', [(2, 10), ints([9, 4])], F.cross_entropy, given)
    # wgrad's classes are on the last axis, PyTorch's on axis 1
    last = lambda x, y: F.cross_entropy(x.transpose(1, 2), y, reduction='none')  # noqa: E731
    case(op, 'labels [2, 2], none', [(2, 2, 3), ints([[2, 0], [1, 1]])], last, {'reduction': 'none'})
    extreme = [[1000, 0, -1000], [-1000, 0, 1000], [80, 81, 79]]
    case(op, 'extreme logits', [extreme, ints([0, 0, 1])], F.cross_entropy, given)


def elementwise():
    for op, compute in {
        'meanSquaredError': lambda x, y: F.mse_loss(x, y, reduction='none'),
        'meanAbsoluteError': lambda x, y: F.l1_loss(x, y, reduction='none'),
        'logCosh': lambda x, y: torch.log(torch.cosh(x - y)),
    }.items():
        for reduction in REDUCTIONS:
            loss = lambda x, y, c=compute, r=reduction: reduced(c(x, y), r)  # noqa: E731
            second = reduction == 'mean' and op != 'meanAbsoluteError'
            case(op, f'[2, 3], {reduction}', [(2, 3), (2, 3)], loss, {'reduction': reduction}, second=second)
        loss = lambda x, y, c=compute: reduced(c(x, y), 'none')  # noqa: E731
        case(op, '[2, 2, 2], none', [(2, 2, 2), (2, 2, 2)], loss, {'reduction': 'none'})
        case(op, '[3], none', [(3,), (3,)], loss, {'reduction': 'none'})
    far = [[[-300, -20, 0, 20, 300]], Fixed([[0.0] * 5])]
    # log cosh x = log(1 + e^2x) - x - log 2, which does not overflow
    stable = lambda x, y: reduced(F.softplus(2 * (x - y), threshold=1000) - (x - y) - math.log(2), 'none')  # noqa: E731
    case('logCosh', 'far and near', far, stable, {'reduction': 'none'})
    for reduction in REDUCTIONS:
        for delta in (1, 0.5):
            loss = lambda x, y, r=reduction, d=delta: reduced(F.huber_loss(x, y, reduction='none', delta=d), r)  # noqa: E731
            given = {'reduction': reduction, 'delta': delta}
            case('huber', f'[2, 3], delta {delta}, {reduction}', [(2, 3), (2, 3)], loss, given, second=reduction == 'mean')
        binary = lambda x, y, r=reduction: reduced(F.binary_cross_entropy_with_logits(x, y, reduction='none'), r)  # noqa: E731
        targets = [[0.25, 1, 0], [0.5, 0, 1]]
        given = {'reduction': reduction}
        title = f'[2, 3], {reduction}'
        case('sigmoidBinaryCrossEntropy', title, [(2, 3), targets], binary, given, second=reduction == 'mean')
        # PyTorch's nearest: soft margins are smooth; the hinge by its formula
        signs = Fixed([[1.0, -1, 1], [-1, -1, 1]])
        hinge = lambda x, y, r=reduction: reduced(F.relu(1 - x * y), r)  # noqa: E731
        case('hinge', f'[2, 3], {reduction}', [(2, 3), signs], hinge, given)
    huber = lambda x, y: reduced(F.huber_loss(x, y, reduction='none'), 'none')  # noqa: E731
    case('huber', 'at delta and far', [[[-100, -1, 0, 1, 100]], [[0, 0, 0, 0, 0]]], huber, {'reduction': 'none', 'delta': 1})
    far = [[[-100, -30, 0, 30, 100]], Fixed([[0, 1, 1, 0, 1.0]])]
    binary = lambda x, y: reduced(F.binary_cross_entropy_with_logits(x, y, reduction='none'), 'none')  # noqa: E731
    case('sigmoidBinaryCrossEntropy', 'far', far, binary, {'reduction': 'none'})


def divergences():
    target = [[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]]
    for reduction in REDUCTIONS:
        # a sum over the last axis per sample: PyTorch's 'batchmean' is the mean
        name = {'mean': 'batchmean', 'sum': 'sum', 'none': 'none'}[reduction]
        over = (lambda v: v.sum(-1)) if reduction == 'none' else (lambda v: v)
        given = {'reduction': reduction}
        loss = lambda x, y, n=name, o=over: o(F.kl_div(x, y, reduction=n))  # noqa: E731
        second = reduction == 'mean'
        case('klDivergence', f'[2, 3], {reduction}', [(2, 3), target], loss, given, low=-3, high=-0.25, second=second)
        logs = lambda x, y, n=name, o=over: o(F.kl_div(x, y, reduction=n, log_target=True))  # noqa: E731
        given = {'reduction': reduction, 'logTargets': True}
        title = f'[2, 3], log targets, {reduction}'
        case('klDivergence', title, [(2, 3), (2, 3)], logs, given, low=-3, high=-0.25, second=second)
    zero = Fixed([[0.5, 0.5, 0]])
    none = lambda x, y: F.kl_div(x, y, reduction='none').sum(-1)  # noqa: E731
    case('klDivergence', 'targets of 0', [[[-0.5, -1, -2]], zero], none, {'reduction': 'none'})
    for shape, reduction in [((4,), 'none'), ((2, 3), 'none'), ((3, 2), 'mean'), ((2, 3), 'sum'), ((2, 2, 2), 'none')]:
        over = {'none': lambda v: v, 'mean': torch.mean, 'sum': torch.sum}[reduction]
        similar = lambda x, y, o=over: o(F.cosine_similarity(x, y, -1))  # noqa: E731
        given = {'reduction': reduction}
        case('cosineSimilarity', f'{list(shape)}, {reduction}', [shape, shape], similar, given, second=True)
    zeros = [Fixed([[0, 0], [3, 4]]), Fixed([[1, 2], [0, 0.0]])]
    similar = lambda x, y: F.cosine_similarity(x, y, -1)  # noqa: E731
    case('cosineSimilarity', 'rows of zeros', zeros, similar, {'reduction': 'none'})


def make():
    for family in (cross_entropy, elementwise, divergences):
        family()
