"""A small convolutional network trained by PyTorch in float32 and float64 on generated images, 14x14 with one channel.

conv 3x3x8 (padded to the same size), ReLU, max pool 2, conv 3x3x16 (no padding), ReLU, max pool 2, flatten, dense 10. Images,
labels and weights come from the 32-bit hash of mlp.py in integer arithmetic; networks.ts is the same generator in TypeScript:
streams and formulas of the two must stay equal, and networks.test.ts compares checksums. Kernels are generated as wgrad holds
them, [kh, kw, in, out], and the features of the dense layer are ordered [h, w, channel].
"""

import numpy as np
import torch
import torch.nn.functional as F

from mlp import checksum, hashes, rounded

SIDE, CLASSES, BATCH, STEPS, RATE, MOMENTUM = 14, 10, 16, 50, 0.05, 0.9
SAMPLES = BATCH * STEPS
PROTOTYPE, GAIN, NOISE, LABEL, CONV1, CONV2, DENSE = 301, 302, 303, 304, 311, 312, 313  # the streams of the hash


def labels():
    return hashes(LABEL, SAMPLES) % CLASSES


def images():
    """A class pattern of 2x2 cells at a random gain, and pixel noise that mostly stays below 0."""
    ink = hashes(PROTOTYPE, CLASSES * 49)
    cells = np.where(ink % 256 < 90, 128 + (ink >> 8) % 128, 0).reshape(CLASSES, 7, 7)
    patterns = cells.repeat(2, axis=1).repeat(2, axis=2).reshape(CLASSES, SIDE * SIDE)
    own = patterns[labels()] * (32 + hashes(GAIN, SAMPLES) % 96)[:, None]
    noise = hashes(NOISE, SAMPLES * SIDE * SIDE).reshape(SAMPLES, SIDE * SIDE) % 160 - 96
    return np.clip((own >> 7) + noise, 0, 255).reshape(SAMPLES, SIDE, SIDE, 1)


def drawn(stream, shape, scale):
    """Uniform in ±32768 / scale, exact in float32."""
    return (((hashes(stream, int(np.prod(shape))) >> 16) - 32768) / scale).reshape(shape)


def weights():
    return {
        'conv1': drawn(CONV1, (3, 3, 1, 8), 2**16),
        'conv2': drawn(CONV2, (3, 3, 8, 16), 2**17),
        'dense': drawn(DENSE, (2 * 2 * 16, CLASSES), 2**17),
    }


def train(dtype):
    digits = 9 if dtype == torch.float32 else 12
    start = weights()
    kernels = [torch.tensor(start[key], dtype=dtype).permute(3, 2, 0, 1).contiguous() for key in ('conv1', 'conv2')]
    params = kernels + [torch.tensor(start['dense'], dtype=dtype)] + [torch.zeros(n, dtype=dtype) for n in (8, 16, 10)]
    for param in params:
        param.requires_grad_()
    conv1, conv2, dense, bias1, bias2, bias3 = params
    optimizer = torch.optim.SGD(params, lr=RATE, momentum=MOMENTUM)
    x = torch.tensor(images(), dtype=dtype).permute(0, 3, 1, 2) / 255
    y = torch.tensor(labels())
    losses = []
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        hidden = F.max_pool2d(torch.relu(F.conv2d(x[rows], conv1, bias1, padding=1)), 2)
        hidden = F.max_pool2d(torch.relu(F.conv2d(hidden, conv2, bias2)), 2)
        logits = hidden.permute(0, 2, 3, 1).reshape(BATCH, -1) @ dense + bias3
        loss = F.cross_entropy(logits, y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(rounded(loss.item(), digits))
    return losses


def make():
    start = weights()
    return {
        'torch': torch.__version__,
        'generator': {
            'images': checksum(images()),
            'labels': checksum(labels()),
            'conv1': checksum(start['conv1'] * 2**16),
            'conv2': checksum(start['conv2'] * 2**17),
            'dense': checksum(start['dense'] * 2**17),
        },
        'float32': train(torch.float32),
        'float64': train(torch.float64),
    }


def describe(golden):
    a, b = np.array(golden['float32']), np.array(golden['float64'])
    return f'loss {b[0]:.4f} -> {b[-1]:.4f}, float32 against float64 at most {np.max(np.abs(a - b) / b):.2e} relative'
