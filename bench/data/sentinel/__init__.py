"""OpenSARShip's scenes: archives or folders with ``Ship.xml`` and chips."""

from bench.data.sentinel.scenes import Chip, Scene, read_scenes

__all__ = ["Chip", "Scene", "read_scenes"]
