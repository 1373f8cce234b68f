"""Draws of jax.random (partitionable Threefry, the default): `python3 test/goldens/jax_random.py` writes jax-random.json. Made with JAX 0.10.2."""

import json
import math
import pathlib

import jax
import jax.numpy as jnp
import numpy as np

assert jax.config.jax_threefry_partitionable and not jax.config.jax_enable_x64


def words(array):
    """float32 values as their bits, integers as they are."""
    array = np.asarray(array)
    return (array.view(np.uint32) if array.dtype == np.float32 else array).astype(np.int64).tolist()


def make():
    random = jax.random
    key = random.key
    data = lambda k: words(random.key_data(k))
    logits = jnp.array([[0.0, 1.0, 2.0, -1.0, 0.5], [3.0, -2.0, 0.0, 0.0, 1.0]], jnp.float32)
    # enough elements that a round of 32-bit sort keys repeats some, and that several rounds are needed
    large = np.asarray(random.permutation(key(11), 5000)).astype(np.int64)
    return {
        'jax': jax.__version__,
        'split': {seed: data(random.split(key(seed), 4)) for seed in (0, 42, 2**31 + 5)},
        'foldIn': {value: data(random.fold_in(key(7), value)) for value in (0, 1, 12345, 2**32 - 1)},
        'bits': {'flat': words(random.bits(key(1701), (7,))), 'matrix': words(random.bits(key(3), (2, 3)))},
        'uniform': words(random.uniform(key(5), (9,))),
        'uniformBetween': words(random.uniform(key(5), (9,), minval=-3.0, maxval=5.0)),
        'randint': {
            'small': words(random.randint(key(1), (12,), -3, 4)),
            'wide': words(random.randint(key(2), (8,), -(2**31), 2**31 - 1)),
            'large': words(random.randint(key(3), (8,), 0, 10**9)),
            'empty': words(random.randint(key(3), (3,), 5, 5)),
        },
        'bernoulli': words(random.bernoulli(key(4), 0.3, (20,)).astype(jnp.int32)),
        'bernoulliRow': words(random.bernoulli(key(4), jnp.array([0.1, 0.5, 0.9]), (4, 3)).astype(jnp.int32)),
        'permutation': {str(n): words(random.permutation(key(n), n)) for n in (1, 2, 7, 20, 100)},
        'permutationRows': words(random.permutation(key(8), jnp.arange(24).reshape(6, 4))),
        'permutationVector': words(random.permutation(key(9), jnp.array([3, 1, 4, 1, 5, 9, 2, 6], jnp.int32))),
        # Σ (i + 1) p[i] mod a prime, and some elements
        'permutationLarge': {
            'count': 5000,
            'rounds': math.ceil(3 * math.log(5000) / math.log(2**32 - 1)),
            'checksum': int(np.sum((np.arange(5000) + 1) * large) % 1000003),
            'head': large[:8].tolist(),
        },
        'normal': np.asarray(random.normal(key(0), (2, 4))).ravel().tolist(),
        'truncatedNormal': np.asarray(random.truncated_normal(key(6), -2.0, 2.0, (8,))).tolist(),
        'gumbel': np.asarray(random.gumbel(key(12), (10,))).tolist(),
        'categorical': words(random.categorical(key(13), logits)),
        'categoricalMany': words(random.categorical(key(14), logits, shape=(6, 2))),
        'categoricalVector': words(random.categorical(key(15), logits[0], shape=(16,))),
    }


if __name__ == '__main__':
    lines = ',\n'.join(f' "{name}": {json.dumps(value)}' for name, value in make().items())
    pathlib.Path(__file__).with_name('jax-random.json').write_text(f'{{\n{lines}\n}}\n')
