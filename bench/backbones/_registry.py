"""From a backbone's name to its plain network, and to the paths that the wrapper taps."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import torch
from torch import nn

from bench.backbones._slim import slim
from bench.plan.catalogue import backbone_facts, backbone_files

TAPS = ("stages", "norms")  # facts of a backbone that its wrapper takes
FACTS = ("task", "native_size", *TAPS)  # that are not arguments of its ``build``


def build_backbone(name: str, num_classes: int, *, width: float = 1.0, **options: Any) -> nn.Module:
    """Build a randomly initialised backbone, a plain module without taps.

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
    facts = {key: value for key, value in backbone_facts(name).items() if key not in FACTS}
    arguments = {**facts, **options}
    family = importlib.import_module(f"bench.backbones.{backbone_files()[name].stem}")
    if "width" in inspect.signature(family.build).parameters:
        arguments["width"] = width
        width = 1.0
    if width == 1.0:
        net: nn.Module = family.build(num_classes, **arguments)
        return net
    with torch.device("meta"):
        net = family.build(num_classes, **arguments)
    return slim(net, width, num_classes)


def taps_of(name: str) -> dict[str, Any]:
    """The paths of a backbone's stages and of their norms, as :class:`Network` takes them."""
    facts = backbone_facts(name)
    return {key: facts[key] for key in TAPS if key in facts}
