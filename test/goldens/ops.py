"""The goldens of single operations by family: ops-FAMILY.json holds what ops_FAMILY.py makes. ops_case.py says what a golden is."""

import ops_activations
import ops_case
import ops_convolution
import ops_elementwise
import ops_gathering
import ops_layers
import ops_linalg
import ops_losses
import ops_nn
import ops_reductions
import ops_shaping

FAMILIES = {
    'elementwise': ops_elementwise,
    'activations': ops_activations,
    'shaping': ops_shaping,
    'gathering': ops_gathering,
    'reductions': ops_reductions,
    'linalg': ops_linalg,
    'convolution': ops_convolution,
    'nn': ops_nn,
    'layers': ops_layers,
    'losses': ops_losses,
}


def make():
    """The cases of every family, by its name."""
    families = {}
    for name, family in FAMILIES.items():
        family.make()
        families[name] = ops_case.take()
    return families
