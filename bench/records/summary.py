"""What a rendered table, figure or comparison says of itself, as JSON beside it: index and document read nothing else.

It is written last, so that whoever finds it finds the files that it names; digests tell whether these are still what was
rendered, and of what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

from bench.plan import BenchError
from bench.plan.files import listed, write_atomically
from bench.plan.pages import COMPARE, SUMMARY, Page
from bench.records.files import DamagedFile, read_json, write_json
from bench.records.sources import Sources

VERSION = 1


@dataclass(frozen=True)
class Summary:
    """A rendered item.

    Attributes
    ----------
    runs, finished
        How many runs it shows, and how many of them gave a number.
    level, gain
        Verdict to number of cells.
    reasons
        Why cells are not comparable, the most frequent one first.
    rows
        Digest of its rows.
    sources
        Digests of what it was made of.
    files
        Name of each rendered file to its SHA-256.
    """

    kind: Literal["table", "figure", "comparison", "tuning", "index", "document"]
    scale: str
    stored: bool
    folder: str
    name: str
    label: str = ""
    title: str = ""
    note: str = ""
    stand_in: bool = False
    higher_is_better: bool = True
    runs: int = 0
    finished: int = 0
    level: Mapping[str, int] = field(default_factory=dict)
    gain: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    rows: str = ""
    sources: Sources = field(default_factory=Sources)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def page(self) -> Page:
        return Page(self.scale, self.folder, self.name, self.stored)


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_rendered(summary: Summary, contents: Mapping[str, str | bytes]) -> list[Path]:
    """Write what is rendered under its endings, then the summary that names it; returns all paths, the summary's last."""
    paths = {summary.page.file(ending): content for ending, content in contents.items()}
    digests = {}
    for path, content in paths.items():
        whole = content.encode() if isinstance(content, str) else content
        write_atomically(path, whole)
        digests[path.name] = digest_of(whole)
    write_json(summary.page.summary, {"version": VERSION, **asdict(replace(summary, files=digests))})
    return [*paths, summary.page.summary]


def read_summary(path: Path) -> Summary:
    """Read a summary.

    Raises
    ------
    BenchError
        If there is none, or it is damaged or of another version.
    """
    content = read_json(path)
    version, names = content.pop("version", None), {each.name for each in fields(Summary)}
    try:
        found = Summary(**{**content, "reasons": tuple(content["reasons"]), "sources": Sources(**content["sources"])})
    except (KeyError, TypeError):
        version = None
    if version != VERSION or content.keys() != names or not _same_kinds(found):
        raise BenchError(f"{path}: of another version; delete it and render again")
    return found


def _same_kinds(found: Summary) -> bool:
    """Whether every value is of its field's type, and verdicts are counted in whole numbers."""
    empty = vars(Summary("table", "", False, "", ""))
    if any(type(getattr(found, name)) is not type(value) for name, value in empty.items()):
        return False
    return {type(count) for count in (*found.level.values(), *found.gain.values())} <= {int}


def summary_at(page: Page) -> Summary | None:
    """The summary of a page; ``None`` where nothing whole of this version lies there, which is the same as nothing rendered."""
    try:
        return read_summary(page.summary)
    except BenchError:
        return None


def comparisons_in(site: Path) -> Iterator[Summary]:
    """The summaries of the new methods' pages of a scale, by name."""
    for path in listed(site / COMPARE, SUMMARY):
        try:
            yield read_summary(path)
        except DamagedFile:
            continue


def is_current(page: Page, sources: Callable[[], Sources]) -> bool:
    """Whether a page is there, whole, and made of what is there now; that is asked for where there is a page.

    Records that are missing do not outdate a page that was made with all of them: whoever deletes records keeps the pages.
    """
    found = summary_at(page)
    return found is not None and found.sources.covers(sources()) and _is_whole(page, found)


def _is_whole(page: Page, summary: Summary) -> bool:
    folder = page.stem.parent
    try:
        return all(digest_of((folder / name).read_bytes()) == digest for name, digest in summary.files.items())
    except OSError:
        return False
