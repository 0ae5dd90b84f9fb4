"""Backbones: a registry over family files, and the wrapper that methods see.

A family file holds a literal ``BACKBONES`` (name to the arguments of its ``build``) and ``build(num_classes, **arguments)``,
which returns a plain module. The plain module is what is exported; taps and fp32 logits are the wrapper's business. Two keys of
the literal are not for ``build``: ``stages`` (paths of the modules whose outputs are the features) and ``norms``, for which see
``Network``.
"""

from bench.backbones._network import Network, count_parameters
from bench.backbones._registry import build_backbone

__all__ = ["Network", "build_backbone", "count_parameters"]
