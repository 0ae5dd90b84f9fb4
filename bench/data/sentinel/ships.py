"""Read a scene's ``Ship.xml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from bench.data.store.splits import ship_group
from bench.data.store.texts import whole_number
from bench.plan import BenchError

DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")
FRACTION = re.compile(r"(?<=\d)\.\d*$")
LARGEST_SCENE = 1_000_000  # pixels on a side; Sentinel-1's have 70,000


@dataclass(frozen=True)
class Chip:
    """One ship of a scene.

    Attributes
    ----------
    x, y
        The chip's centre in the scene, in pixels; file names carry it.
    ship
        What tells one ship from another: its MMSI, or scene and position where there is none.
    elaborated_type
        The type as MarineTraffic has it, ``"Bulk Carrier"``; empty where there is none.
    """

    x: int
    y: int
    ship: str
    elaborated_type: str


def chips_of(content: bytes, scene: str, label: str) -> list[Chip]:
    """The chips that a ``Ship.xml`` describes.

    Parameters
    ----------
    content
        The file; document types and entities are refused, since they can make a small file expand without end.
    scene
        The scene's name.
    label
        What messages call the file.

    Raises
    ------
    BenchError
        If it is not well-formed, or a ship has no position or something else than a number for its MMSI.
    """
    text = _text(content)
    if "<!" in text.replace("<!--", "") or "\0" in text:
        raise BenchError(f"{label}: holds a document type or is no text; refused")
    try:
        # Some archives as distributed close the list with a backslash.
        root = ElementTree.fromstring(text.replace(r"<\ShipList>", "</ShipList>"))
    except (ElementTree.ParseError, ValueError) as error:
        raise BenchError(f"{label}: not well-formed XML ({error}); fetch it again") from None
    chips: dict[tuple[int, int], Chip] = {}
    for number, ship in enumerate(root.iter("ship"), start=1):
        chip = _chip(ship, scene, f"{label}: ship {number}")
        if chips.setdefault((chip.x, chip.y), chip) != chip:
            raise BenchError(f"{label}: ship {number}, x{chip.x} y{chip.y} was another ship's before")
    return list(chips.values())


def _text(content: bytes) -> str:
    """The document without its declaration: names of ships may be in any encoding, what is read of it is plain letters."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", errors="replace").encode()
    body = DECLARATION.sub(b"", content.removeprefix(b"\xef\xbb\xbf"), count=1)
    for encoding in ("utf-8", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return body.decode("latin-1")


def _chip(ship: ElementTree.Element, scene: str, label: str) -> Chip:
    x, y = (whole_number(_centre(ship, axis), f"{label}, Center_{axis}", 0, LARGEST_SCENE) for axis in "xy")
    group = ship_group(ship.findtext("AISShipInformation/MMSI") or "", label)
    kind = (ship.findtext("MarineTrafficInformation/Elaborated_type") or "").strip()
    return Chip(x, y, group or f"{scene} {x} {y}", kind)


def _centre(ship: ElementTree.Element, axis: str) -> str:
    """What stands before the point: a centre between two pixels is that of the first, as in the chips' names."""
    text = (ship.findtext(f"SARShipInformation/Center_{axis}") or "").strip()
    return FRACTION.sub("", text)
