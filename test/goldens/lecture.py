"""The lecture's small numbers: the tanh network's gradient and Jacobian, the 30 nested functions, the order of products."""

import torch


def tanh_network():
    """x -> tanh(x W1) -> tanh(y W2) -> sum, in float64; jacobian[i][j] = dz_i / dx_j, so its column sums are the gradient."""
    generator = torch.Generator().manual_seed(30)
    x, w1, w2 = (
        # rounded to 1/1024, so that float32 holds the inputs exactly
        torch.round(torch.randn(shape, generator=generator, dtype=torch.float64) * 1024) / 1024
        for shape in ((3,), (3, 3), (3, 3))
    )

    def network(v):
        return torch.tanh(torch.tanh(v @ w1) @ w2)

    x.requires_grad_()
    y = torch.tanh(x @ w1)
    z = torch.tanh(y @ w2)
    t = z.sum()
    (gradient,) = torch.autograd.grad(t, x)
    jacobian = torch.autograd.functional.jacobian(network, x)
    assert torch.allclose(jacobian.sum(0), gradient, rtol=1e-12)
    values = {'x': x, 'w1': w1, 'w2': w2, 'y': y, 'z': z, 't': t, 'gradient': gradient, 'jacobian': jacobian}
    return {key: value.detach().tolist() for key, value in values.items()}


def nested(at, count, dtype):
    x = torch.tensor(at, dtype=dtype, requires_grad=True)
    value = x
    for _ in range(count):
        value = torch.cos(torch.tan(torch.sin(value)))
    (derivative,) = torch.autograd.grad(value, x)
    return {'value': value.item(), 'derivative': derivative.item()}


def products():
    """dt/dx = J1 (J2 v): the printed two-digit numbers."""
    j1 = torch.tensor([[0.63, -0.78, 0.58], [-0.62, -0.52, -0.87], [0.084, -0.54, -0.21]], dtype=torch.float64)
    j2 = torch.tensor([[0.4, -0.58, 0.5], [-0.15, -0.51, 0.95], [0.65, 0.85, 0.16]], dtype=torch.float64)
    v = torch.tensor([-0.41, -0.58, 0.16], dtype=torch.float64)
    j2v = j2 @ v
    return {'j1': j1.tolist(), 'j2': j2.tolist(), 'v': v.tolist(), 'j2v': j2v.tolist(), 'j1j2v': (j1 @ j2v).tolist()}


def make():
    return {
        'torch': torch.__version__,
        'tanhNetwork': tanh_network(),
        'nested': {
            'x': 4.2,
            'count': 30,
            'float64': nested(4.2, 30, torch.float64),
            'float32': nested(4.2, 30, torch.float32),
        },
        'products': products(),
    }
