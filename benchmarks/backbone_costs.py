"""Count what one image costs in every registered backbone, for the plan's estimates.

    python benchmarks/backbone_costs.py            # writes bench/plan/backbone_costs.csv

Nothing is computed: the networks live on torch's meta device, where a pass has shapes and no numbers, so that all of them take
seconds. Counted per image at ``size`` pixels, in training mode, with 100 classes: floating-point operations of the forward
pass (a multiply-add is two), those of convolutions apart from those of linear layers, which do not grow with the image; numbers
that the forward pass keeps for the backward one; the numbers of the largest output; layers (each is a call into the device's
library); parameters, and how many of them each further class adds. Of a detector these are its layers', the second stage's on
the boxes that it trains on; choosing, pooling and matching boxes is left out. Run it again after registering a backbone; a
test says so. Options that make another network of a backbone (fewer blocks, a smaller pyramid) are counted as the suite's own
scales set them.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.backbones import Network, count_parameters
from bench.backbones.detection.detector import FasterRCNN
from bench.plan import Plan, settings_from
from bench.plan.catalogue import backbone_facts, backbone_files
from bench.plan.costs import BACKBONE_COSTS, BackboneCost, options_text
from bench.plan.files import write_atomically
from bench.plan.metrics import USUAL_TASK
from bench.plan.scales import scale_names
from bench.plan.source import SUITE
from bench.tasks import build_network

CLASSES = 100
IMAGES = 2  # batch normalisation needs two


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=BACKBONE_COSTS)
    parser.add_argument("--backbones", nargs="*", default=sorted(backbone_files()))
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="Initializing zero-element tensors")
    rows = [row for name in options.backbones for row in all_of(name, shaping_options())]
    text = io.StringIO()
    table = csv.DictWriter(text, list(BackboneCost.__annotations__), lineterminator="\n")
    table.writeheader()
    table.writerows(vars(row) for row in rows)
    write_atomically(options.output, text.getvalue())
    print(f"{options.output}: {len(rows)} backbones")


def shaping_options() -> dict[str, dict[str, dict[str, Any]]]:
    """The options that the suite's scales give each backbone, by name and as text."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for scale in scale_names(SUITE / "config" / "scales"):
        plan = Plan(settings_from({"scale": scale}))
        for config in map(plan.resolve, plan.runs_of("all")):
            backbone: Any = config["backbone"]
            if backbone["options"]:
                found.setdefault(backbone["name"], {})[options_text(backbone["options"])] = backbone["options"]
    return found


def all_of(name: str, shaping: dict[str, dict[str, dict[str, Any]]]) -> list[BackboneCost]:
    """A backbone as it is registered, then with each of its options that changes a count."""
    plain = measured(name)
    shaped = [measured(name, options=options) for _, options in sorted(shaping.get(name, {}).items())]
    return [plain, *(row for row in shaped if replace(row, options="") != plain)]


def native_size(name: str) -> int:
    """The side of the images that a backbone's family is made for; counts are carried over to others by the area."""
    family = 224 if backbone_files()[name].stem.endswith("_imagenet") else 32
    return int(backbone_facts(name).get("native_size", family))


def measured(name: str, size: int | None = None, options: dict[str, Any] | None = None) -> BackboneCost:
    """Count one backbone on the meta device."""
    options = options or {}
    side = native_size(name) if size is None else size
    task = backbone_facts(name).get("task", USUAL_TASK)
    with torch.device("meta"):
        network = build_network(name, CLASSES, task=task, **options)
        wider = build_network(name, CLASSES + 1, task=task, **options)
        images = torch.empty(IMAGES, 3, side, side)
    network.train()
    kept = _Kept(network)
    counter = FlopCounterMode(display=False)
    with counter, torch.autograd.graph.saved_tensors_hooks(kept.keep, lambda tensor: tensor):
        largest = _largest_output(network, images)
    operations = counter.get_flop_counts()["Global"]
    linear = sum(count for kind, count in operations.items() if "conv" not in str(kind))
    return BackboneCost(
        name=name,
        options=options_text(options),
        size=side,
        convolution_flops=(sum(operations.values()) - linear) // IMAGES,
        linear_flops=linear // IMAGES,
        kept_numbers=kept.numbers // IMAGES,
        largest_output=largest // IMAGES,
        layers=sum(not list(module.children()) for module in network.modules()),
        parameters=count_parameters(network),
        parameters_per_class=count_parameters(wider) - count_parameters(network),
    )


def _largest_output(network: Network, images: Tensor) -> int:
    """One pass; the numbers of the largest output of any layer."""
    sizes: list[int] = []

    def note(module: nn.Module, inputs: object, output: object) -> None:
        if isinstance(output, Tensor):
            sizes.append(output.numel())

    hooks = [module.register_forward_hook(note) for module in network.modules() if not list(module.children())]
    _pass(network, images)
    for hook in hooks:
        hook.remove()
    return max(sizes)


def _pass(network: Network, images: Tensor) -> None:
    """All layers once; those of a detector's second stage on as many pooled boxes as it draws, whichever they are."""
    net = network.net
    if not isinstance(net, FasterRCNN):
        network(images)
        return
    _, maps = net.features(images)
    net.proposals(maps)
    regions, boxes = net.regions, len(images) * net.settings.regions_drawn
    pooled = torch.empty(boxes, regions.fc1.in_features, device=images.device)
    hidden = F.relu(regions.fc2(F.relu(regions.fc1(pooled))))
    regions.scores(hidden)
    regions.deltas(hidden)


class _Kept:
    """Counts the numbers that autograd keeps for the backward pass: each storage once, weights left out."""

    def __init__(self, network: Network) -> None:
        self.seen = {self._place(parameter) for parameter in (*network.parameters(), *network.buffers())}
        self.numbers = 0

    @staticmethod
    def _place(tensor: Tensor | nn.Parameter) -> int:
        return tensor.untyped_storage()._cdata

    def keep(self, tensor: Tensor) -> Tensor:
        place = self._place(tensor)
        if place not in self.seen:
            self.seen.add(place)
            self.numbers += tensor.untyped_storage().nbytes() // 4
        return tensor


if __name__ == "__main__":
    main()
