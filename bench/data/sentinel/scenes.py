"""Find the scenes below a folder: zipped or not, with a folder per scene inside (version 1) or without (version 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from bench.data.sentinel.ships import Chip, chips_of
from bench.data.store.archives import LARGEST_INNER, PACKED, Container, archives_in, foreign_in, opened
from bench.plan import BenchError

# "Visual_Cargo_x10661_y11170_vh.tif", "Cargo_x10661_y11170.tif"; the word before differs between products for some ships.
CHIP_NAME = re.compile(r".*_x(\d+)_y(\d+)(?:_(vv|vh|hh|hv))?\.tiff?", re.IGNORECASE)
DEEPEST = 3  # archives in each other
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


def read_scenes(files: Container, problems: list[str], notes: list[str]) -> Iterator[Scene]:
    """Every scene among the files, each once, while its archive is open; archives may lie in an archive.

    Parameters
    ----------
    problems
        Gains a line for each archive or scene that cannot be read.
    notes
        Gains a line for each scene that is there twice.
    """
    yield from _scenes(files, set(), problems, notes, nested=files.packed)


def _scenes(files: Container, seen: set[str], problems: list[str], notes: list[str], nested: bool) -> Iterator[Scene]:
    """Scenes that are unpacked, then those in archives outside of these."""
    lists = [name for name in files.names if PurePosixPath(name).name == "Ship.xml"]
    roots = {ships.removesuffix("Ship.xml") for ships in lists}
    for ships in lists:
        name = PurePosixPath(ships).parent.name or _bare_name(files)
        if name in seen:
            notes.append(f"scene {name} is there twice; read once")
            continue
        seen.add(name)
        try:
            yield _scene(files.below(ships.removesuffix("Ship.xml")), name)
        except BenchError as error:
            problems.append(str(error))
    outside = tuple(name for name in files.names if not any(name.startswith(root) for root in roots))
    problems += [f"{files.label}/{name}: not read; unpack it" for name in foreign_in(outside)]
    chips = [name for name in outside if CHIP_NAME.fullmatch(PurePosixPath(name).name)]
    if chips:
        problems.append(
            f"{files.label}: {len(chips)} chips lie beside no 'Ship.xml', '{chips[0]}' the first; fetch the scene again"
        )
    for name in archives_in(outside):
        try:
            with _inner(files, name, nested) as inner:
                if not any(PurePosixPath(path).name == "Ship.xml" or archives_in((path,)) for path in inner.names):
                    raise BenchError(f"{inner.label}: holds no Ship.xml; expected a scene of OpenSARShip")
                yield from _scenes(inner, seen, problems, notes, nested=True)
        except BenchError as error:
            problems.append(str(error))


def _inner(files: Container, name: str, nested: bool) -> AbstractContextManager[Container]:
    label = f"{files.label}/{name}"
    if label.count(".zip/") + label.count(".tar") > DEEPEST:
        return nullcontext(Container(label, (), files.path))
    return opened(files.path / files.root / name, label, files.read(name, LARGEST_INNER) if nested else None)


def _bare_name(files: Container) -> str:
    """The scene that an archive, or the dataset's folder itself, is called after."""
    name = files.label.rpartition("/")[2]
    return next((name[: -len(ending)] for ending in PACKED if name.lower().endswith(ending)), name)


def _scene(files: Container, name: str) -> Scene:
    """The scene whose folder this is."""
    chips = chips_of(files.read("Ship.xml"), name, f"{files.label}: 'Ship.xml'")
    members: dict[tuple[str, int, int, str | None], str] = {}
    for member in files.names:
        path = PurePosixPath(member)
        match = CHIP_NAME.fullmatch(path.name)
        if match and len(path.parts) == 2:
            polarisation = match[3].lower() if match[3] else None
            key = path.parent.name, int(match[1]), int(match[2]), polarisation
            if members.setdefault(key, member) != member:
                raise BenchError(f"{files.label}: '{members[key]}' and '{member}' are of one chip; move one away")
    places = {(chip.x, chip.y) for chip in chips}
    unnamed = sorted(member for key, member in members.items() if key[1:3] not in places)
    if unnamed:
        raise BenchError(
            f"{files.label}: {len(unnamed)} chips are not in 'Ship.xml', '{unnamed[0]}' the first; fetch the scene again"
        )
    suffixes = {key[3] for key in members if key[0] == "Patch_Uint8" and key[3]}
    mode = SCENE_MODE.search(name)
    own = mode[2].lower() * 2 if mode else "vv"
    crossed = {"vv": "vh", "hh": "hv"}[own]
    double = mode[1].upper() == "D" if mode else len(suffixes) == 2
    return Scene(name, files.label, tuple(chips), (own, crossed) if double else (own,), files, members)
