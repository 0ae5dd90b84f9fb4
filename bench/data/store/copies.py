"""A copy of a dataset as people have it: unpacked or as an archive, at the top of its folder or some folders deeper."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.data.store.archives import LARGEST_INNER, Container, archives_in, foreign_in, opened
from bench.data.store.pictures import is_picture
from bench.plan import BenchError

DEEPEST = 4  # folders around a copy
NESTED = 2  # an archive, and one in it


@contextmanager
def opened_copy(folder: Path, facts: Mapping[str, Any]) -> Iterator[tuple[Container, Container]]:
    """The copy of a dataset that lies in its folder.

    Parameters
    ----------
    facts
        ``root``: what marks the root of a copy, a file or a folder with pictures (which ends in a slash), the first that is
        found; where it is not given, the folder itself is the root. ``without``: a folder that holds another dataset.
        ``streams``: whether the copy has to be unpacked.

    Yields
    ------
    tuple
        The copy's files from its root on, and all files of the folder or archive that it lies in.

    Raises
    ------
    BenchError
        If there is none, or more than one; the line says what is there and what is expected.
    """
    with ExitStack() as stack:
        whole = stack.enter_context(opened(folder, folder.name))
        for level in range(NESTED + 1):
            root = root_of(whole, facts.get("root", ()), facts.get("without", ()))
            if root is not None:
                yield whole.below(root), whole
                return
            packed = archives_in(whole.names)
            if level == NESTED or len(packed) != 1 or facts.get("streams"):
                break
            label = f"{whole.label}/{packed[0]}"
            content = whole.read(packed[0], LARGEST_INNER) if whole.packed else None
            whole = stack.enter_context(opened(folder / packed[0], label, content))
        raise BenchError(no_copy(whole, facts))


def root_of(container: Container, signs: Sequence[str], without: Collection[str] = (), pictures: bool = True) -> str | None:
    """The folder in which the first of the signs lies that is found; empty, or with a slash at its end.

    Parameters
    ----------
    signs
        Files, or folders with a slash at their end; letters in another case are found where there are none in this one.
    without
        Folders, in lower case, that are passed over.
    pictures
        Whether folders count with pictures in them alone.

    Returns
    -------
    str or None
        The least deep one; ``None`` where there is none. Empty without a sign.

    Raises
    ------
    BenchError
        If there are two, equally deep.
    """
    if not signs:
        return ""
    for fold in (str, str.lower):
        places: dict[str, str] = {}  # in the letters that are compared, and in those that the names really have
        for name in container.names:
            if not pictures or is_picture(name) or name.lower().endswith((".tif", ".tiff")):
                folder = name.rpartition("/")[0] + "/"
                places.setdefault(fold(folder), folder)
        for sign in signs:
            if not sign.endswith("/"):
                found = {name[: -len(sign)] for name in container.names if f"/{fold(name)}".endswith(f"/{fold(sign)}")}
            else:
                starts = {folder: f"/{plain}".find(f"/{fold(sign)}") for plain, folder in places.items()}
                found = {folder[:start] for folder, start in starts.items() if start >= 0}
            roots = sorted(root for root in found if not {word.lower() for word in root.split("/")} & set(without))
            roots.sort(key=lambda root: root.count("/"))
            if not roots or roots[0].count("/") > DEEPEST:
                continue
            if len(roots) > 1 and roots[1].count("/") == roots[0].count("/"):
                raise BenchError(f"{container.label}: '{sign}' lies in '{roots[0]}' and in '{roots[1]}'; move one copy away")
            return roots[0]
    return None


def no_copy(container: Container, facts: Mapping[str, Any]) -> str:
    """The line for a folder that holds no copy: what is there, what is expected, and what to do where that is known."""
    line = f"{container.label}: no image; {expected_and_found(container, facts)}"
    packed, foreign = archives_in(container.names), foreign_in(container.names)
    if packed and facts.get("streams"):
        return f"{line}; '{packed[0]}' is packed, and pictures of this set are read from files: unpack it there"
    if len(packed) > 1:
        return f"{line}; several archives are not read: keep one, or unpack them there"
    if packed or foreign:
        return f"{line}; unpack '{(packed or foreign)[0]}' there"
    return line


def expected_and_found(container: Container, facts: Mapping[str, Any]) -> str:
    """The layout of a set, and the first files and folders of a copy that is laid out otherwise."""
    first = {f"{name.split('/')[0]}/" if "/" in name else name: None for name in container.names}
    shown = ", ".join(f"'{name}'" for name in list(first)[:6]) + (f" and {len(first) - 6} more" if len(first) > 6 else "")
    return f"expected {facts['layout']}; found {shown or 'nothing'}"
