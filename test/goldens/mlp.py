"""The lecture's Keras model, 784-128-10, trained by PyTorch in float32 and float64 on generated data.

The data, labels, weights and batch order come from one 32-bit hash in integer arithmetic; kerasMlp.ts is the same
generator in TypeScript. Streams and formulas of the two files must stay equal: kerasMlp.test.ts compares checksums.
"""

import numpy as np
import torch
import torch.nn.functional as F

SAMPLES, PIXELS, HIDDEN, CLASSES, BATCH = 4096, 784, 128, 10, 128
PROTOTYPE, GAIN, OTHER, NOISE, LABEL, W2, ORDER = 1, 2, 3, 4, 5, 7, 8  # the streams of the hash
# Of streams 6 to 277 the one whose 200 SGD steps in float64 keep every pre-activation furthest from 0 (5.5e-7): were one
# so near that rounding decides its ReLU, losses of right float32 engines would part by 2e-5.
W1 = 50


def mix(values):
    """Murmur3's 32-bit finaliser, elementwise on a uint32 array (whose products wrap)."""
    h = values ^ (values >> np.uint32(16))
    h = h * np.uint32(0x85EBCA6B)
    h = h ^ (h >> np.uint32(13))
    h = h * np.uint32(0xC2B2AE35)
    return h ^ (h >> np.uint32(16))


def hashes(stream, count, start=0):
    """Element i is mix(mix(stream) + start + i), as int64 in [0, 2^32)."""
    index = np.arange(start, start + count, dtype=np.uint32)
    return mix(mix(np.array([stream], dtype=np.uint32)) + index).astype(np.int64)


def labels():
    return hashes(LABEL, SAMPLES) % CLASSES


def images():
    """A class pattern of 7x7 cells at a random gain, a fainter pattern of some class over it, and pixel noise."""
    ink = hashes(PROTOTYPE, CLASSES * 49)
    cells = np.where(ink % 256 < 80, 128 + (ink >> 8) % 128, 0).reshape(CLASSES, 7, 7)
    patterns = cells.repeat(4, axis=1).repeat(4, axis=2).reshape(CLASSES, PIXELS)
    gain = hashes(GAIN, SAMPLES)
    other = hashes(OTHER, SAMPLES)
    own = patterns[labels()] * (32 + gain % 96)[:, None]
    faint = patterns[other % CLASSES] * ((other >> 8) % 80)[:, None]
    noise = hashes(NOISE, SAMPLES * PIXELS).reshape(SAMPLES, PIXELS) % 128 - 96
    return np.clip(((own + faint) >> 7) + noise, 0, 255)


def weights():
    """w1 [784, 128] in [-1/16, 1/16), w2 [128, 10] in [-1/4, 1/4), biases 0: near Glorot's uniform limits, exact in float32."""
    w1 = ((hashes(W1, PIXELS * HIDDEN) >> 16) - 32768) / 2**19
    w2 = ((hashes(W2, HIDDEN * CLASSES) >> 16) - 32768) / 2**17
    return {
        'w1': w1.reshape(PIXELS, HIDDEN),
        'b1': np.zeros(HIDDEN),
        'w2': w2.reshape(HIDDEN, CLASSES),
        'b2': np.zeros(CLASSES),
    }


def order(epoch):
    """Fisher-Yates from the end; epoch counts from 0."""
    h = hashes(ORDER, SAMPLES, epoch * SAMPLES)
    result = np.arange(SAMPLES)
    for i in range(SAMPLES - 1, 0, -1):
        j = h[i] % (i + 1)
        result[i], result[j] = result[j], result[i]
    return result


def checksum(values):
    """Sum of mix(i + 1) * value[i] modulo 2^32, over integers: changes when two entries swap."""
    words = np.asarray(values).ravel().astype(np.int64).astype(np.uint32)
    factors = mix(np.arange(1, words.size + 1, dtype=np.uint32))
    return int((words * factors).sum(dtype=np.uint32))


def rounded(value, digits):
    return float(f'{value:.{digits}g}')


def summarise(tensor, digits):
    """What identifies a weight array: sums in float64 and eight entries of the row-major data, evenly spread."""
    flat = tensor.detach().double().ravel()
    at = [k * (flat.numel() - 1) // 7 for k in range(8)]
    return {
        'sum': rounded(flat.sum().item(), digits),
        'sumSquares': rounded((flat * flat).sum().item(), digits),
        'at': at,
        'entries': [rounded(flat[i].item(), digits) for i in at],
    }


def train(dtype, x, y, orders, steps, optimizer, schedule):
    """Losses are batch means before the step's update; `schedule` maps a step (from 0) to the rate that takes effect there."""
    digits = 9 if dtype == torch.float32 else 12
    params = {key: torch.tensor(value, dtype=dtype, requires_grad=True) for key, value in weights().items()}
    opt = optimizer(list(params.values()), schedule[0])
    x = torch.tensor(x, dtype=dtype) / 255
    y = torch.tensor(y)

    def logits(rows):
        return torch.relu(x[rows] @ params['w1'] + params['b1']) @ params['w2'] + params['b2']

    losses = []
    per_epoch = SAMPLES // BATCH
    for step in range(steps):
        for group in opt.param_groups:
            group['lr'] = schedule.get(step, group['lr'])
        at = step % per_epoch * BATCH
        rows = torch.tensor(orders[step // per_epoch][at : at + BATCH])
        loss = F.cross_entropy(logits(rows), y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(rounded(loss.item(), digits))
    with torch.no_grad():
        everything = logits(torch.arange(SAMPLES))
        evaluation = {
            'loss': rounded(F.cross_entropy(everything, y).item(), digits),
            'correct': int((everything.argmax(1) == y).sum()),
        }
    return {'losses': losses, 'weights': {k: summarise(v, digits) for k, v in params.items()}, 'evaluation': evaluation}


def sgd(**options):
    return lambda params, rate: torch.optim.SGD(params, lr=rate, **options)


def adam(params, rate):
    return torch.optim.Adam(params, lr=rate)


# name: (what wgrad's optimizer takes, PyTorch's optimizer, steps, rate by step)
RUNS = {
    'sgd': ({'kind': 'sgd'}, sgd(), 200, {0: 0.01}),
    'momentum': ({'kind': 'sgd', 'momentum': 0.9}, sgd(momentum=0.9), 50, {0: 0.01, 25: 0.002}),
    'nesterov': (
        {'kind': 'sgd', 'momentum': 0.9, 'nesterov': True},
        sgd(momentum=0.9, nesterov=True),
        50,
        {0: 0.01, 25: 0.002},
    ),
    'weightDecay': ({'kind': 'sgd', 'weightDecay': 1e-4}, sgd(weight_decay=1e-4), 50, {0: 0.01, 25: 0.05}),
    # the decay of the run above moves the losses by only 1.5e-4: this one has teeth
    'strongWeightDecay': (
        {'kind': 'sgd', 'momentum': 0.9, 'nesterov': True, 'weightDecay': 0.05},
        sgd(momentum=0.9, nesterov=True, weight_decay=0.05),
        50,
        {0: 0.01, 25: 0.002},
    ),
    'adam': ({'kind': 'adam', 'beta1': 0.9, 'beta2': 0.999, 'epsilon': 1e-8}, adam, 50, {0: 0.001, 25: 0.0003}),
}


def make():
    x, y, start = images(), labels(), weights()
    orders = [order(epoch) for epoch in range(7)]
    runs = {}
    for name, (options, optimizer, steps, schedule) in RUNS.items():
        runs[name] = {
            'optimizer': options,
            'steps': steps,
            'learningRates': [{'step': step, 'rate': rate} for step, rate in schedule.items()],
            'float32': train(torch.float32, x, y, orders, steps, optimizer, schedule),
            'float64': train(torch.float64, x, y, orders, steps, optimizer, schedule),
        }
    generator = {
        'images': checksum(x),
        'labels': checksum(y),
        'w1': checksum(start['w1'] * 2**19),
        'w2': checksum(start['w2'] * 2**17),
        'orders': [checksum(each) for each in orders],
    }
    return {'torch': torch.__version__, 'batchSize': BATCH, 'samples': SAMPLES, 'generator': generator, 'runs': runs}


def describe(name, run):
    a, b = np.array(run['float32']['losses']), np.array(run['float64']['losses'])
    worst = np.max(np.abs(a - b) / b)
    return f'{name}: loss {b[0]:.4f} -> {b[-1]:.4f}, float32 against float64 at most {worst:.2e} relative, {run["float64"]["evaluation"]}'
