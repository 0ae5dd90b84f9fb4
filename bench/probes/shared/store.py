"""What a probe leaves: ``results/probes/<scale>/<paper>/<figure>.npz`` with arrays, and ``.json`` with what they are."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from bench.plan import BenchError, Figure, Plan
from bench.plan.catalogue import probe_files
from bench.plan.files import write_atomically
from bench.records.files import read_json, write_json
from bench.records.fingerprint import code_digest, short_digest

if TYPE_CHECKING:
    import numpy as np

SCHEMA = 2


@dataclass(frozen=True)
class ProbedNetwork:
    """One network that was looked at, or why it was not.

    Attributes
    ----------
    run
        The run's id.
    status
        The record's: ``finished`` or ``diverged``; a diverged one has no arrays.
    epochs
        After which epochs (counted from 1) it was looked at, of ``trained`` epochs in all.
    fingerprint
        The record's.
    data
        Its name, digest, classes, and whether it is a stand-in.
    facts
        What the probe says of it beside the arrays.
    """

    run: str
    status: str
    reason: str
    epochs: tuple[int, ...]
    trained: int
    fingerprint: Mapping[str, str]
    data: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Probe:
    """The networks of a figure in the order of its panels; ``fingerprint`` covers the figure's layout and the probe's code."""

    figure: str
    fingerprint: str
    networks: tuple[ProbedNetwork, ...]


def probe_path(plan: Plan, paper: str, figure: str) -> Path:
    """The facts' file; the arrays lie beside it."""
    return Path("results/probes") / plan.scale.name / paper / f"{figure}.json"


def probe_fingerprint(figure: Figure) -> str:
    """One hash of what a probe's result depends on beside its networks: the figure's layout and the probe's code."""
    shown = {key: value for key, value in asdict(figure).items() if key not in ("title", "note")}
    return short_digest([figure.kind, shown, code_digest([probe_files()[figure.kind]])])


def write_probe(path: Path, probe: Probe) -> None:
    """Write arrays, then facts with their checksum, each as a whole or not at all; the same values give the same bytes."""
    import numpy as np

    buffer = io.BytesIO()
    arrays = {
        f"{index}_{name}": array for index, network in enumerate(probe.networks) for name, array in network.arrays.items()
    }
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_atomically(path.with_suffix(".npz"), buffer.getvalue())
    networks = [{key: value for key, value in vars(network).items() if key != "arrays"} for network in probe.networks]
    content = {"schema": SCHEMA, "figure": probe.figure, "fingerprint": probe.fingerprint, "networks": networks}
    write_json(path, {**content, "arrays": hashlib.sha256(buffer.getbuffer()).hexdigest()})


def is_damaged(path: Path) -> bool:
    """Whether a probe's files are there and are not what was written."""
    arrays = path.with_suffix(".npz")
    if not path.exists() or not arrays.exists():
        return False
    try:
        return read_json(path).get("arrays") != hashlib.sha256(arrays.read_bytes()).hexdigest()
    except (BenchError, OSError):
        return True


def read_probe(path: Path, figure: Figure, fingerprints: Mapping[str, Mapping[str, str]]) -> Probe:
    """Read what a probe left of ``figure``.

    Parameters
    ----------
    fingerprints
        Of the records as they are now, by run id.

    Raises
    ------
    BenchError
        If it is missing, damaged, or of another layout, code or training than the current ones.
    """
    import numpy as np

    again = f"python -m bench probe {path.parent.name}/{path.stem} --set scale={path.parent.parent.name}"
    if not path.exists():
        raise BenchError(f"{path}: its networks were not looked at yet; {again}")
    try:
        content = read_json(path)
    except BenchError as error:
        raise BenchError(f"{error}; {again}") from None
    if content.get("schema") != SCHEMA:
        raise BenchError(f"{path}: another version of the suite wrote it; {again}")
    try:
        packed = path.with_suffix(".npz").read_bytes()
        if hashlib.sha256(packed).hexdigest() != content["arrays"]:
            raise ValueError
        with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        networks = tuple(_network(facts, index, arrays) for index, facts in enumerate(content["networks"]))
        probe = Probe(content["figure"], content["fingerprint"], networks)
    except (OSError, KeyError, TypeError, ValueError, AttributeError, BadZipFile, EOFError, zlib.error):
        raise BenchError(f"{path}: damaged, or its arrays are not those beside it; {again}") from None
    if probe.fingerprint != probe_fingerprint(figure):
        raise BenchError(f"{path}: is of another layout or code; {again}")
    stale = [n.run for n in networks if n.run in fingerprints and fingerprints[n.run] != n.fingerprint]
    if stale:
        raise BenchError(f"{path}: {stale[0]} has been trained again since; {again}")
    return probe


def _network(facts: Mapping[str, Any], index: int, arrays: Mapping[str, np.ndarray]) -> ProbedNetwork:
    own = {name.partition("_")[2]: array for name, array in arrays.items() if name.startswith(f"{index}_")}
    epochs, classes = tuple(facts["epochs"]), facts["data"]["classes"]
    numbers = {type(each) for each in (*epochs, facts["trained"])}
    texts = {type(facts[name]) for name in ("run", "status", "reason")}
    if numbers != {int} or texts != {str} or not isinstance(classes, list):
        raise TypeError
    return ProbedNetwork(**{**facts, "epochs": epochs}, arrays=own)
