"""Measure where convolutions as matrix products pay on this machine: by shape and pass, then in whole training steps.

    python -m benchmarks.convolutions
    python -m benchmarks.convolutions --precision fp32 --networks resnet18:48:16 vgg16_bn:32:32

First table: milliseconds of forward pass, gradient of the images and gradient of the weights, the library's against the
product's, for the shapes that the rules of ``bench/train/convolutions.py`` part. Second table: the baseline's training step in
each form against the library's, as NETWORK:PIXELS:BATCH. What is compared takes turns; one thread, CPU time, medians. A rule is
right for a kind of machine where no step of the second table is slower and those that matter are faster.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.jobs.environment import hardware
from bench.train import Machine
from bench.train.convolutions import RULES, Shape, product_convolution
from bench.train.memory import keep_freed_memory
from benchmarks.throughput import engine_step, interleaved, training_on_noise

# Images, channels in, channels out, size of the map, kernel, stride.
SHAPES = (
    (128, 512, 512, 4, 3, 1), (32, 512, 512, 4, 3, 1), (16, 512, 512, 2, 3, 1), (16, 512, 512, 7, 3, 1),
    (128, 256, 512, 8, 3, 2), (16, 256, 512, 14, 3, 2), (16, 512, 2048, 7, 1, 1), (128, 256, 256, 8, 3, 1),
    (16, 256, 256, 14, 3, 1), (128, 64, 64, 32, 3, 1), (32, 64, 64, 4, 3, 1), (128, 16, 16, 32, 3, 1),
)  # fmt: skip
PASSES = ("forward", "images", "weights")


def main() -> None:
    options = _options()
    keep_freed_memory()
    torch.set_num_threads(1)
    machine = Machine.of("cpu", options.precision)
    dtype = torch.bfloat16 if machine.precision == "bf16" else torch.float32
    where = hardware("cpu", 1)
    print(f"{where['cpu']} ({' '.join(where['cpu_flags'])}), torch {torch.__version__}, {machine.precision}, one thread.\n")
    print("| images, in, out, map, kernel, stride | " + " | ".join(PASSES) + " | in the forms |\n|---" + "|---" * 4 + "|")
    for given in SHAPES if options.shapes else ():
        times = _passes(given, dtype, machine, options.repeats)
        cells = (f"{times[name, 0]:.2f} / {times[name, 1]:.2f} ({times[name, 0] / times[name, 1]:.2f})" for name in PASSES)
        print(f"| {', '.join(map(str, given))} | {' | '.join(cells)} | {' '.join(_forms(given)) or '-'} |", flush=True)
    print("\n| network, pixels, batch | library, ms | " + " | ".join(RULES) + " |\n|---|---" + "|---" * len(RULES) + "|")
    for words in options.networks:
        backbone, size, batch = words.split(":")
        print(_steps_row(backbone, int(size), int(batch), machine, options.repeats), flush=True)


def _forms(given: tuple[int, ...]) -> list[str]:
    images, inputs, outputs, size, kernel, stride = given
    out = (size + 2 * (kernel // 2) - kernel) // stride + 1
    return [form for form, rule in RULES.items() if rule(Shape(inputs, outputs, stride, out, out, images))]


def _passes(given: tuple[int, ...], dtype: torch.dtype, machine: Machine, repeats: int) -> dict[tuple[str, int], float]:
    """Milliseconds by (pass, 0 for the library and 1 for the product)."""
    images, inputs, outputs, size, kernel, stride = given
    layout = torch.channels_last
    values = torch.randn(images, inputs, size, size, dtype=dtype).contiguous(memory_format=layout)
    weight = torch.randn(outputs, inputs, kernel, kernel, dtype=dtype).contiguous(memory_format=layout)
    padding, loops = kernel // 2, {}
    functions: tuple[Callable[..., Tensor], ...] = (F.conv2d, product_convolution)
    for which, function in enumerate(functions):
        loops["forward", which] = lambda index, function=function: function(values, weight, None, stride, padding)
        for name, wanted in (("images", values), ("weights", weight)):
            leaf = wanted.clone().requires_grad_()
            output = function(*((leaf, weight) if name == "images" else (values, leaf)), None, stride, padding)
            ones = torch.ones_like(output)
            loops[name, which] = lambda index, output=output, leaf=leaf, ones=ones: torch.autograd.grad(
                output, leaf, ones, retain_graph=True
            )
    found = interleaved(loops, machine, repeats, 2)
    return {key: 1000 * statistics.median(times) / 2 for key, times in found.items()}


def _steps_row(backbone: str, size: int, batch: int, machine: Machine, repeats: int) -> str:
    loops = {
        form: engine_step(training_on_noise("baseline", backbone, replace(machine, convolutions=form), batch, size=size))
        for form in ("library", *RULES)
    }
    times = interleaved(loops, machine, repeats, 1)
    cells = []
    for form in RULES:
        ratios = sorted(one / other for one, other in zip(times["library"], times[form], strict=True))
        cells.append(f"{statistics.median(ratios):.2f} [{ratios[0]:.2f}-{ratios[-1]:.2f}]")
    return f"| `{backbone}`, {size}, {batch} | {1000 * statistics.median(times['library']):.0f} | {' | '.join(cells)} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    networks = ["resnet18:48:16", "resnet50:48:16", "vgg16_bn:48:16", "resnet18_cifar:32:128", "resnet32_cifar:32:128"]
    parser.add_argument("--networks", nargs="*", default=networks, help="whole steps to measure, as NETWORK:PIXELS:BATCH")
    parser.add_argument("--no-shapes", dest="shapes", action="store_false", help="whole steps alone")
    parser.add_argument("--precision", default="auto", choices=["auto", "fp32", "bf16"])
    parser.add_argument("--repeats", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
