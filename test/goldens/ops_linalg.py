"""Goldens of matrix products, contractions and matrix parts."""

import math

import torch

from ops_case import case


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
        case('matmul', f'{list(a)} by {list(b)}', [a, b], torch.matmul, second=len(a) + len(b) < 6)
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
    odd = [[[math.nan, 1], [2, math.inf]], [[1, 0.5], [3, -1]]]
    case('matmul', 'NaN and infinities', odd, torch.matmul, gradient=False)
    case('matmul', 'inner dimension 0', [(2, 0), (0, 3)], torch.matmul)
    case('matmul', '[3, 17] by [17, 2]', [(3, 17), (17, 2)], torch.matmul)


def products():
    case('dot', '[5] and [5]', [(5,), (5,)], torch.dot, second=True)
    case('dot', '[1] and [1]', [(1,), (1,)], torch.dot)
    case('outer', '[3] and [2]', [(3,), (2,)], torch.outer, second=True)
    case('outer', '[1] and [4]', [(1,), (4,)], torch.outer)
    for equation, shapes in [
        ('ij,jk->ik', [(2, 3), (3, 2)]),
        ('ij,jk', [(2, 3), (3, 2)]),
        ('ij,kj->ki', [(2, 3), (4, 3)]),
        ('bij,bjk->bik', [(2, 2, 3), (2, 3, 2)]),
        ('bqhd,bkhd->bhqk', [(2, 2, 2, 3), (2, 3, 2, 3)]),
        ('...ij,...jk->...ik', [(2, 2, 3), (3, 2)]),
        ('i...,i...->...', [(2, 3), (2, 3)]),
        ('...i->...', [(2, 2, 3)]),
        ('ij->ji', [(2, 3)]),
        ('ba', [(2, 3)]),
        ('ii->i', [(3, 3)]),
        ('ii', [(3, 3)]),
        ('iij->ij', [(2, 2, 3)]),
        ('bii->b', [(2, 3, 3)]),
        ('ij->', [(2, 3)]),
        ('ij->j', [(2, 3)]),
        ('i,j->ij', [(3,), (2,)]),
        ('i,i->', [(4,), (4,)]),
        ('i,ij->ij', [(2,), (2, 3)]),
        ('ij,ij->ij', [(2, 3), (2, 3)]),
        ('ij,ij->', [(2, 3), (2, 3)]),
        ('ij,ji->j', [(2, 3), (3, 2)]),
        ('ijk,jil->kl', [(2, 3, 2), (3, 2, 2)]),
        ('ij,jk,kl->il', [(2, 3), (3, 2), (2, 2)]),
        ('bn,anm,bm->ba', [(2, 3), (2, 3, 2), (2, 2)]),
        (',ij->ij', [(), (2, 3)]),
        ('ij,kl->il', [(2, 3), (2, 2)]),
    ]:
        compute = lambda *xs, e=equation: torch.einsum(e, *xs)  # noqa: E731
        case('einsum', equation, shapes, compute, {'equation': equation}, second=len(shapes) > 1)


def parts():
    for op, compute in {'tril': torch.tril, 'triu': torch.triu}.items():
        for shape, k in [((3, 3), 0), ((3, 4), 1), ((2, 3, 2), -1), ((2, 3), 3)]:
            case(op, f'{list(shape)}, k = {k}', [shape], lambda x, c=compute, k=k: c(x, k), {'k': k})
    for shape, k in [((3,), 0), ((2,), 1), ((2,), -2), ((3, 3), 0), ((3, 4), 1), ((4, 3), -2)]:
        case('diag', f'{list(shape)}, k = {k}', [shape], lambda x, k=k: torch.diag(x, k), {'k': k})
    case('trace', '[3, 3]', [(3, 3)], torch.trace)
    case('trace', '[2, 3]', [(2, 3)], torch.trace)
    case('trace', '[2, 3, 3]', [(2, 3, 3)], lambda x: x.diagonal(dim1=-2, dim2=-1).sum(-1))


def make():
    for family in (matmul, products, parts):
        family()
