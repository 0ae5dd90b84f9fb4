"""A small physical model of SAR ship chips: what stands on a ship, and how a radar images it."""

from bench.data.radar.imaging import SIDE, form_images
from bench.data.radar.ships import Ships, ships_of

__all__ = ["SIDE", "Ships", "form_images", "ships_of"]
