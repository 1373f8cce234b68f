"""PyTorch on the CPU as an engine of the benchmark: eager, float32, as many threads as PyTorch takes.

Reads one JSON request per line and answers each with one line. The workload is a folder that harness/pytorch.mjs writes: workload.json and
the arrays beside it, little-endian. Sources: torch.nn.functional.{linear, conv2d, max_pool2d, cross_entropy}, torch.optim.{SGD, Adam}.
"""

import json
import sys
import time

import numpy
import torch
import torch.nn.functional as F


class Workload:
    """The dataset, the order of its samples, and the weights to start from."""

    def __init__(self, folder):
        with open(f"{folder}/workload.json", encoding="utf-8") as file:
            described = json.load(file)
        self.model = described["model"]
        self.optimizer = described["optimizer"]
        shape = [described["count"], *described["sampleShape"]]
        self.inputs = torch.from_numpy(numpy.fromfile(f"{folder}/inputs", numpy.uint8).reshape(shape))
        self.targets = torch.from_numpy(numpy.fromfile(f"{folder}/targets", numpy.uint8).astype(numpy.int64))
        self.order = torch.from_numpy(numpy.fromfile(f"{folder}/order", numpy.uint32).astype(numpy.int64))
        values = numpy.fromfile(f"{folder}/weights", numpy.float32)
        self.weights = {}
        begin = 0
        for name, extents in described["weights"]:
            end = begin + int(numpy.prod(extents))
            self.weights[name] = values[begin:end].reshape(extents)
            begin = end


class Session:
    """A model in training: step s takes the samples order[s * batch ...], wrapping around at the end."""

    def __init__(self, workload, batch):
        self.workload = workload
        self.batch = batch
        self.step = 0
        is_cnn = workload.model["kind"] == "cnn"
        self.weights = {}
        for name, value in workload.weights.items():
            tensor = torch.from_numpy(value.copy())
            if is_cnn and name in ("conv0", "conv1"):  # height, width, in, out -> out, in, height, width
                tensor = tensor.permute(3, 2, 0, 1).contiguous()
            self.weights[name] = tensor.requires_grad_()
        rate = workload.optimizer["learningRate"]
        parameters = list(self.weights.values())
        if workload.optimizer["kind"] == "sgd":
            self.optimizer = torch.optim.SGD(parameters, lr=rate)
        else:
            self.optimizer = torch.optim.Adam(parameters, lr=rate, betas=(0.9, 0.999), eps=1e-8)
        self.logits = self.cnn if is_cnn else self.mlp

    def mlp(self, x):
        layers = len(self.workload.model["hidden"]) + 1
        x = x.reshape(x.shape[0], -1)
        for layer in range(layers):
            x = x @ self.weights[f"kernel{layer}"] + self.weights[f"bias{layer}"]
            if layer < layers - 1:
                x = F.relu(x)
        return x

    def cnn(self, x):
        w = self.weights
        x = x.permute(0, 3, 1, 2)
        for layer in range(2):
            x = F.max_pool2d(F.relu(F.conv2d(x, w[f"conv{layer}"], w[f"convBias{layer}"], padding=1)), 2)
        return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1) @ w["kernel"] + w["bias"]

    def run(self, steps):
        """Trains so many steps; the loss of the last one, before its update."""
        order = self.workload.order
        loss = None
        for _ in range(steps):
            begin = self.step * self.batch % len(order)
            samples = order[begin : begin + self.batch]
            x = self.workload.inputs[samples].float() / 255
            loss = F.cross_entropy(self.logits(x), self.workload.targets[samples])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            self.step += 1
        return loss.item()


def main():
    workload = None
    session = None
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        if request["method"] == "open":
            workload = Workload(request["folder"])
            answer = {"device": f"PyTorch {torch.__version__}, {torch.get_num_threads()} thread(s)"}
        elif request["method"] == "prepare":
            session = Session(workload, request["batch"])
        else:
            start = time.perf_counter()
            loss = session.run(request["steps"])
            answer = {"loss": loss, "seconds": time.perf_counter() - start}
        print(json.dumps(answer), flush=True)


main()
