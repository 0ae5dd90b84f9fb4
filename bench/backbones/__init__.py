"""Backbones: a registry over family files, and the wrapper that methods see.

A family file holds a literal ``BACKBONES`` (name to the arguments of its ``build``) and ``build(num_classes, **arguments)``,
which returns a plain module. The plain module is what is exported; taps and fp32 output are the wrapper's business, and every
task has a wrapper of its own (``bench.tasks``). Four keys of the literal are not for ``build``: ``task`` (classification where
it is not given), ``native_size`` (side in pixels of the images that the network is made for, where the file's name does not say
it), and ``stages`` (paths of the modules whose outputs are the features) and ``norms``, for which see ``Network``. A literal
``GATED = True`` says that residual blocks of a family can be left out.
"""

from bench.backbones._network import Network, count_parameters
from bench.backbones._registry import build_backbone, taps_of

__all__ = ["Network", "build_backbone", "count_parameters", "taps_of"]
