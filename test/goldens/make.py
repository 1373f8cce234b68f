"""Writes the PyTorch goldens of wgrad's tests: ops-FAMILY.json, keras-mlp.json and lecture.json, beside this file.

Run: /usr/bin/python3 test/goldens/make.py [ops] [mlp] [lecture] [cnn] [transformer]   (Debian: apt-get install python3-torch python3-numpy)
It is deterministic: a second run writes the same bytes. One thread, so that sums have one order.
"""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import torch  # noqa: E402

import cnn  # noqa: E402
import lecture  # noqa: E402
import mlp  # noqa: E402
import ops  # noqa: E402
import transformer  # noqa: E402

HERE = Path(__file__).parent


def dumps(value, depth):
    """Compact JSON with one line per entry down to `depth`, so that diffs are readable and files small."""
    inner = '\n' + ' ' * (2 - depth + 1)
    if depth == 0 or not isinstance(value, (dict, list)):
        return json.dumps(value, separators=(',', ':'), allow_nan=False)
    if isinstance(value, dict):
        parts = [f'{json.dumps(key)}: {dumps(item, depth - 1)}' for key, item in value.items()]
        return '{' + inner + (',' + inner).join(parts) + inner[:-1] + '}'
    return '[' + inner + (',' + inner).join(dumps(item, depth - 1) for item in value) + inner[:-1] + ']'


def write(name, value):
    text = dumps(value, 2) + '\n'
    (HERE / name).write_text(text)
    print(f'{name}: {len(text)} bytes')


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    chosen = sys.argv[1:] or ['ops', 'mlp', 'lecture', 'cnn', 'transformer']
    if 'ops' in chosen:
        for family, cases in ops.make().items():
            write(f'ops-{family}.json', {'torch': torch.__version__, 'cases': cases})
            print(f'  {len(cases)} cases')
    if 'mlp' in chosen:
        golden = mlp.make()
        write('keras-mlp.json', golden)
        for key, checksum in golden['generator'].items():
            print(f'  checksum {key}: {checksum}')
        for name, run in golden['runs'].items():
            print('  ' + mlp.describe(name, run))
    if 'lecture' in chosen:
        write('lecture.json', lecture.make())
    for name, network in (('cnn', cnn), ('transformer', transformer)):
        if name in chosen:
            golden = network.make()
            write(f'{name}.json', golden)
            print('  ' + cnn.describe(golden))


main()
