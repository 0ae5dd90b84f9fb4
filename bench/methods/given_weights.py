"""A network from a file, taken as it is."""

from __future__ import annotations

from bench.methods._method import Method


class GivenWeights(Method):
    """Score the network that the recipe's ``pretrained`` file holds; nothing is trained, and students can learn from it.

    Paper: none; a teacher that was trained elsewhere, as ReviewKD's detectors have (Chen et al., CVPR 2021, released
    configurations).

    Equations: none.

    Differences from the authors' code: none known. Of a backbone's file that lacks a part of the network, or holds more, the
    run is refused.
    """

    label = "Given weights"
    tasks = ("classification", "segmentation", "detection")
    needs = {"whole_weights": True}
    trains = False
    passes = {"forward": 0, "backward": 0}
