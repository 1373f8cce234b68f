"""A small transformer trained by PyTorch in float32 and float64 to predict the next token of generated sequences.

Token and position embeddings, two blocks of pre-layer-norm causal attention (2 heads) and MLP (GELU in its tanh form), a final
layer norm and logits over 17 tokens; 32 features, 16 positions. Tokens and weights come from the 32-bit hash of mlp.py in
integer arithmetic; networks.ts is the same generator in TypeScript, and networks.test.ts compares checksums. Matrices are
[inputs, outputs], used as x @ w.
"""

import numpy as np
import torch
import torch.nn.functional as F

from cnn import drawn
from mlp import checksum, hashes, rounded

VOCABULARY, T, D, HEADS, HIDDEN, BLOCKS = 17, 16, 32, 2, 128, 2
BATCH, STEPS, RATE, MOMENTUM = 8, 50, 0.05, 0.9
SAMPLES = BATCH * STEPS
FIRST, CHOICE, TOKEN, POSITION, HEAD, BLOCK = 401, 402, 411, 412, 413, 420  # the streams of the hash


def tokens():
    """[SAMPLES, T + 1]: a first token, then each 3 times the one before plus 0 or 1, modulo 17: three in four add 0."""
    rows = np.zeros((SAMPLES, T + 1), dtype=np.int64)
    rows[:, 0] = hashes(FIRST, SAMPLES) % VOCABULARY
    extra = (hashes(CHOICE, SAMPLES * T).reshape(SAMPLES, T) % 4) // 3
    for i in range(T):
        rows[:, i + 1] = (rows[:, i] * 3 + extra[:, i]) % VOCABULARY
    return rows


# name: (stream within the block, shape, scale)
BLOCK_WEIGHTS = {
    'query': (0, (D, D), 2**17),
    'key': (1, (D, D), 2**17),
    'value': (2, (D, D), 2**17),
    'output': (3, (D, D), 2**17),
    'up': (4, (D, HIDDEN), 2**18),
    'down': (5, (HIDDEN, D), 2**18),
}


def weights():
    result = {
        'token': drawn(TOKEN, (VOCABULARY, D), 2**16),
        'position': drawn(POSITION, (T, D), 2**16),
        'head': drawn(HEAD, (D, VOCABULARY), 2**17),
    }
    for block in range(BLOCKS):
        for name, (stream, shape, scale) in BLOCK_WEIGHTS.items():
            result[f'{name}{block}'] = drawn(BLOCK + 10 * block + stream, shape, scale)
    return result


def parameters(dtype):
    params = {name: torch.tensor(value, dtype=dtype) for name, value in weights().items()}
    for block in range(BLOCKS):
        for name, (_, shape, _) in BLOCK_WEIGHTS.items():
            params[f'{name}{block}.bias'] = torch.zeros(shape[1], dtype=dtype)
    params['head.bias'] = torch.zeros(VOCABULARY, dtype=dtype)
    for norm in [f'norm{block}.{part}' for block in range(BLOCKS) for part in ('attention', 'mlp')] + ['norm']:
        params[f'{norm}.scale'] = torch.ones(D, dtype=dtype)
        params[f'{norm}.offset'] = torch.zeros(D, dtype=dtype)
    return {name: value.requires_grad_() for name, value in params.items()}


def logits(params, x):
    def linear(name, value):
        return value @ params[name] + params[f'{name}.bias']

    def norm(name, value):
        return F.layer_norm(value, (D,), params[f'{name}.scale'], params[f'{name}.offset'], eps=1e-5)

    def heads(value):
        return value.reshape(BATCH, T, HEADS, D // HEADS).transpose(1, 2)

    h = params['token'][x] + params['position']
    later = torch.triu(torch.ones(T, T, dtype=torch.bool), diagonal=1)
    for block in range(BLOCKS):
        normed = norm(f'norm{block}.attention', h)
        q, k, v = (heads(linear(f'{name}{block}', normed)) for name in ('query', 'key', 'value'))
        scores = (q @ k.transpose(-1, -2) / (D // HEADS) ** 0.5).masked_fill(later, float('-inf'))
        attended = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(BATCH, T, D)
        h = h + linear(f'output{block}', attended)
        normed = norm(f'norm{block}.mlp', h)
        h = h + linear(f'down{block}', F.gelu(linear(f'up{block}', normed), approximate='tanh'))
    return linear('head', norm('norm', h))


def train(dtype):
    digits = 9 if dtype == torch.float32 else 12
    params = parameters(dtype)
    optimizer = torch.optim.SGD(list(params.values()), lr=RATE, momentum=MOMENTUM)
    rows = torch.tensor(tokens())
    losses = []
    for step in range(STEPS):
        batch = rows[step * BATCH : (step + 1) * BATCH]
        loss = F.cross_entropy(logits(params, batch[:, :-1]).reshape(-1, VOCABULARY), batch[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(rounded(loss.item(), digits))
    return losses


def make():
    start = weights()
    scales = {'token': 2**16, 'position': 2**16, 'head': 2**17}
    for block in range(BLOCKS):
        scales.update({f'{name}{block}': scale for name, (_, _, scale) in BLOCK_WEIGHTS.items()})
    return {
        'torch': torch.__version__,
        'generator': {'tokens': checksum(tokens()), **{k: checksum(v * scales[k]) for k, v in start.items()}},
        'float32': train(torch.float32),
        'float64': train(torch.float64),
    }
