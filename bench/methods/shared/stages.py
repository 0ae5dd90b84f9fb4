"""Facts about a network's stages that modules beside it are built from."""

from __future__ import annotations

from bench.backbones import Network

PIXELS = 32  # every backbone with stages runs on such images; channels and ratios of sizes do not depend on it


def stage_channels(network: Network) -> list[int]:
    """Channels of each stage's feature, shallow to deep."""
    return [channels for channels, _, _ in network.stage_shapes(PIXELS)]


def shrinkage(network: Network) -> list[int]:
    """How many times larger than the last stage's feature each stage's is, per side; ends in 1."""
    heights = [height for _, height, _ in network.stage_shapes(PIXELS)]
    return [height // heights[-1] for height in heights]
