"""Read a scene's ``Ship.xml``."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from bench.plan import BenchError


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
        If it is not well-formed or a ship has no position.
    """
    if b"<!" in content.replace(b"<!--", b"") or b"\0" in content:
        raise BenchError(f"{label}: holds a document type or is not plain UTF-8; refused")
    try:
        # Some archives as distributed close the list with a backslash.
        root = ElementTree.fromstring(content.replace(rb"<\ShipList>", b"</ShipList>"))
    except ElementTree.ParseError as error:
        raise BenchError(f"{label}: not well-formed XML ({error}); fetch it again") from None
    return [_chip(ship, scene, label) for ship in root.iter("ship")]


def _chip(ship: ElementTree.Element, scene: str, label: str) -> Chip:
    try:
        x, y = (int(float(ship.findtext(f"SARShipInformation/Center_{axis}", ""))) for axis in "xy")
    except ValueError:
        raise BenchError(f"{label}: a ship has no Center_x and Center_y") from None
    mmsi = ship.findtext("AISShipInformation/MMSI", "").strip()
    known = mmsi.isdigit() and int(mmsi) > 0
    kind = ship.findtext("MarineTrafficInformation/Elaborated_type", "").strip()
    return Chip(x, y, f"mmsi {int(mmsi)}" if known else f"{scene} {x} {y}", kind)
