"""From a backbone's name to a network."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import torch

from bench.backbones._network import Network
from bench.backbones._slim import slim
from bench.plan.catalogue import backbone_facts, backbone_files


def build_backbone(name: str, num_classes: int, *, width: float = 1.0, **options: Any) -> Network:
    """Build a randomly initialised backbone.

    Parameters
    ----------
    name
        A key of some family's ``BACKBONES``.
    num_classes
        Length of the logits.
    width
        1 leaves the network untouched; less multiplies every inner channel count (stand-in scales only). A family whose channel
        counts depend on one another takes it as an argument of ``build``; the others are narrowed layer by layer.
    options
        Builder arguments that replace the registered ones.

    Raises
    ------
    BenchError
        If no family has that name.
    """
    arguments = {**backbone_facts(name), **options}
    taps = {"stages": arguments.pop("stages", ()), "norms": arguments.pop("norms", ())}
    family = importlib.import_module(f"bench.backbones.{backbone_files()[name].stem}")
    if "width" in inspect.signature(family.build).parameters:
        return Network(family.build(num_classes, width=width, **arguments), **taps)
    if width == 1.0:
        return Network(family.build(num_classes, **arguments), **taps)
    with torch.device("meta"):
        net = family.build(num_classes, **arguments)
    return Network(slim(net, width, num_classes), **taps)
