"""Goldens of layers with weights over time or heads: PyTorch's own functions, with weights as wgrad has them, `[inputs, gates · units]`."""

import torch
import torch.nn.functional as F

from ops_case import Fixed, case

_VF = torch._VF  # the functions behind torch.nn.RNN, LSTM and GRU, which take weights as arguments


def gates(matrix, order):
    """PyTorch's gates lie along axis 0, in an order of its own."""
    parts = matrix.chunk(len(order), -1)
    sorted_parts = torch.cat([parts[i] for i in order], -1)
    return sorted_parts.T.contiguous() if matrix.dim() == 2 else sorted_parts


def over_time(function, order, carries, x, kernel, recurrent, bias, recurrent_bias=None):
    start = torch.zeros(1, x.shape[0], recurrent.shape[0], dtype=torch.float64)
    other = torch.zeros_like(bias) if recurrent_bias is None else recurrent_bias
    weights = [gates(kernel, order), gates(recurrent, order), gates(bias, order), gates(other, order)]
    carry = (start, start) if carries == 2 else start
    return function(x, carry, weights, True, 1, 0.0, False, False, True)[0]


def recurrent():
    for op, function, order, carries in [
        ('simpleRnn', _VF.rnn_tanh, [0], 1),
        ('lstm', _VF.lstm, [0, 1, 2, 3], 2),
        ('gru', _VF.gru, [1, 0, 2], 1),  # wgrad: z, r, n; PyTorch: r, z, n
    ]:
        for (batch, steps, features), units, sequences in [((1, 3, 2), 2, True), ((2, 4, 1), 2, False), ((2, 1, 2), 1, True)]:
            width = len(order) * units
            biases = [(width,)] * (2 if op == 'gru' else 1)
            shapes = [(batch, steps, features), (features, width), (units, width), *biases]

            def compute(*tensors, f=function, o=order, c=carries, s=sequences):
                hidden = over_time(f, o, c, *tensors)
                return hidden if s else hidden[:, -1]

            title = f'[{batch}, {steps}, {features}], {units} units, ' + ('all steps' if sequences else 'the last step')
            params = {'units': units, 'returnSequences': sequences}
            second = not sequences
            case(op, title, shapes, compute, params, step=8, distinct=False, low=-1, high=1, second=second)


def heads():
    for shape, count, causal in [((1, 3, 4), 2, False), ((2, 2, 4), 1, False), ((1, 3, 4), 2, True)]:
        width = shape[-1]

        def compute(x, *weights, n=count, hidden=causal):
            kernels, biases = weights[::2], weights[1::2]
            turned = x.transpose(0, 1)
            mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1) if hidden else None
            projections = torch.cat([kernel.T for kernel in kernels[:3]])
            y, _ = F.multi_head_attention_forward(
                turned, turned, turned, x.shape[2], n, projections, torch.cat(biases[:3]), None, None, False, 0.0,
                kernels[3].T, biases[3], attn_mask=mask, need_weights=False,
            )  # fmt: skip
            return y.transpose(0, 1)

        title = f'{list(shape)}, {count} heads' + (', causal' if causal else '')
        # softmax does not depend on the keys' bias: its derivative is 0, of which rounding leaves noise
        key_bias = Fixed([0.5, -0.25, 1, 0.125])
        shapes = [shape, *[(width, width), (width,)] * 4]
        shapes[4] = key_bias
        params = {'heads': count, 'causal': causal}
        case('multiHeadAttention', title, shapes, compute, params, step=8, distinct=False, low=-1, high=1)


def make():
    for family in (recurrent, heads):
        family()
