"""Find the scenes below a folder: zipped or not, with a folder per scene inside (version 1) or without (version 2)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bench.data.sentinel.ships import Chip, chips_of
from bench.data.store.archives import Container, opened
from bench.plan import BenchError

# "Visual_Cargo_x10661_y11170_vh.tif", "Cargo_x10661_y11170.tif"; the word before differs between products for some ships.
CHIP_NAME = re.compile(r".*_x(\d+)_y(\d+)(?:_(vv|vh|hh|hv))?\.tiff?", re.IGNORECASE)
SCENE_MODE = re.compile(r"_1S([SD])([VH])_", re.IGNORECASE)


@dataclass(frozen=True)
class Scene:
    """One Sentinel-1 product's ships.

    Attributes
    ----------
    name
        The product's name, which is also the archive's.
    label
        What messages call it.
    polarisations
        ``("vv",)`` or ``("vv", "vh")``...
    members
        File names by (folder, x, y, polarisation).
    """

    name: str
    label: str
    chips: tuple[Chip, ...]
    polarisations: tuple[str, ...]
    container: Container
    members: dict[tuple[str, int, int, str | None], str] = field(default_factory=dict)

    def member(self, folder: str, chip: Chip, polarisation: str | None) -> str:
        """The file of a chip; a scene with one polarisation leaves it out of its names.

        Raises
        ------
        BenchError
            If there is none.
        """
        for word in (polarisation, None):
            if (folder, chip.x, chip.y, word) in self.members:
                return self.members[folder, chip.x, chip.y, word]
        which = f"_{polarisation}" if polarisation else ""
        raise BenchError(f"{self.label}: '{folder}/*_x{chip.x}_y{chip.y}{which}.tif' is missing; fetch the scene again")

    def read(self, name: str) -> bytes:
        return self.container.read(name)


def read_scenes(folder: Path, problems: list[str], notes: list[str]) -> Iterator[Scene]:
    """Every scene below ``folder``, each once, while its archive is open.

    Parameters
    ----------
    problems
        Gains a line for each archive or scene that cannot be read.
    notes
        Gains a line for each scene that is there twice.
    """
    seen: set[str] = set()
    for path in _containers(folder):
        label = path.relative_to(folder.parent).as_posix()
        try:
            with opened(path, label) as container:
                lists = [name for name in container.names if PurePosixPath(name).name == "Ship.xml"]
                if not lists:
                    raise BenchError(f"{label}: holds no Ship.xml; expected a scene of OpenSARShip")
                for ships in lists:
                    name = PurePosixPath(ships).parent.name or path.name.removesuffix(path.suffix if path.is_file() else "")
                    if name in seen:
                        notes.append(f"scene {name} is there twice; read once")
                        continue
                    seen.add(name)
                    yield _scene(container, ships, name)
        except BenchError as error:
            problems.append(str(error))


def _containers(folder: Path) -> list[Path]:
    """Folders with a ``Ship.xml`` of their own, then zip archives outside of these."""
    unpacked, zipped = [], []
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        if "Ship.xml" in names:
            unpacked.append(here)
            folders.clear()
        else:
            zipped += [here / name for name in names if name.lower().endswith(".zip") and not name.startswith("._")]
    return sorted(unpacked) + sorted(zipped)


def _scene(container: Container, ships: str, name: str) -> Scene:
    root = PurePosixPath(ships).parent
    chips = chips_of(container.read(ships), name, f"{container.label}: '{ships}'")
    members: dict[tuple[str, int, int, str | None], str] = {}
    for member in container.names:
        path = PurePosixPath(member)
        match = CHIP_NAME.fullmatch(path.name)
        if match and path.parent.parent == root:
            polarisation = match[3].lower() if match[3] else None
            members[path.parent.name, int(match[1]), int(match[2]), polarisation] = member
    suffixes = {key[3] for key in members if key[0] == "Patch_Uint8" and key[3]}
    mode = SCENE_MODE.search(name)
    own = mode[2].lower() * 2 if mode else "vv"
    crossed = {"vv": "vh", "hh": "hv"}[own]
    double = mode[1].upper() == "D" if mode else len(suffixes) == 2
    return Scene(name, container.label, tuple(chips), (own, crossed) if double else (own,), container, members)
