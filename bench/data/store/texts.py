"""Lists and tables that come with a dataset: text files as people have them, read to the letter.

A byte order mark, the ends of lines of any system (CR, LF, CRLF) and blank lines make no difference; everything else that is
not as expected is a fault with file and line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from bench.data.store.archives import Container
from bench.data.store.contents import looks_like
from bench.plan import BenchError, one_of
from bench.plan.tables import decoded, table_in

LARGEST_TEXT = 2**30  # bytes; the largest table of a dataset has 300 MB
EXPONENT = re.compile(r"\d+(?:\.(\d*))?e\+?(\d+)", re.IGNORECASE)


def decoded_text(content: bytes, where: str) -> str:
    """Text of a file in UTF-8, or UTF-16 with a byte order mark; every line ends in a line feed.

    Raises
    ------
    BenchError
        If it is no text.
    """
    if looks_like(content):
        raise BenchError(f"{where} is {looks_like(content)}, not a list")
    try:
        text = decoded(content)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BenchError(f"{where}, line {line}: not UTF-8 text") from None
    if "\0" in text:
        raise BenchError(f"{where}: not text; allowed: UTF-8, or UTF-16 with a byte order mark")
    return text


def numbered_lines(container: Container, path: str) -> list[tuple[int, str]]:
    """The lines of a list that are not blank, without the space around them, each with its number.

    Raises
    ------
    BenchError
        If it cannot be read, is no text or empty.
    """
    where = f"{container.label}: '{path}'"
    lines = decoded_text(container.read(path, LARGEST_TEXT), where).split("\n")
    found = [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]
    if not found:
        raise BenchError(f"{where} is empty")
    return found


def listed_paths(container: Container, path: str, known: dict[str, str] | None = None) -> Iterator[tuple[int, str]]:
    """The entries of a list of files, each with its number; slashes lean forward.

    Parameters
    ----------
    known
        Entry to the line where it stood before, over all lists of one set; grows.

    Raises
    ------
    BenchError
        If an entry stands there twice.
    """
    known = {} if known is None else known
    for number, line in numbered_lines(container, path):
        entry, where = line.replace("\\", "/").removeprefix("./"), f"'{path}', line {number}"
        if entry in known:
            raise BenchError(f"{container.label}: {where}: '{entry}' stands in {known[entry]} already")
        known[entry] = where
        yield number, entry


def numbered_values(container: Container, path: str) -> dict[str, tuple[int, str]]:
    """A list of an id and a value per line, as id to line number and value.

    Raises
    ------
    BenchError
        If a line holds anything else, or an id stands there twice.
    """
    found: dict[str, tuple[int, str]] = {}
    for number, line in numbered_lines(container, path):
        words, where = line.split(None, 1), f"{container.label}: '{path}', line {number}"
        if len(words) != 2 or not (words[0].isascii() and words[0].isdecimal()):
            raise BenchError(f"{where}: '{line[:80]}', expected a number and a value")
        if words[0] in found:
            raise BenchError(f"{where}: number {words[0]} stands in line {found[words[0]][0]} already")
        found[words[0]] = number, words[1]
    return found


def table_rows(container: Container, path: str, columns: Collection[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table with a header, each with its line number, as column to text without the space around it.

    Columns are known by their names without case, space and punctuation; commas, semicolons and tabs separate them.

    Parameters
    ----------
    columns
        Those that it has to have, in lower-case letters; only they are given.

    Raises
    ------
    BenchError
        If a column is missing or a row has another number of cells.
    """
    where = f"{container.label}: '{path}'"
    text, separator = table_in(decoded_text(container.read(path, LARGEST_TEXT), where))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    places: dict[str, int] = {}
    width = 0
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not places:
                header = [re.sub(r"[^a-z0-9]", "", cell.lower()) for cell in cells]
                missing = [column for column in columns if header.count(column) != 1]
                if missing:
                    raise BenchError(f"{where}: expected the columns {' and '.join(columns)}, found {', '.join(cells)[:200]}")
                places, width = {column: header.index(column) for column in columns}, len(cells)
                continue
            if len(cells) != width:
                raise BenchError(f"{where}, line {rows.line_num}: {len(cells)} cells, the header has {width}")
            yield rows.line_num, {column: cells[place] for column, place in places.items()}
    except csv.Error as error:
        raise BenchError(f"{where}, line {rows.line_num}: no row of a table ({error})") from None
    if not places:
        raise BenchError(f"{where} is empty")


def whole_number(text: str, where: str, low: int, high: int) -> int:
    """A whole number of a table, also where a spreadsheet or pandas saved it again (``413000000.0``).

    Raises
    ------
    BenchError
        If it is none from ``low`` to ``high``, or lost digits when it was saved (``4.13E+08``).
    """
    text = text.strip()
    exponent = EXPONENT.fullmatch(text[:40])
    if exponent and len(exponent[1] or "") < int(exponent[2]):
        raise BenchError(f"{where}: '{text[:40]}' is rounded, as spreadsheets do it; take the file as it was distributed")
    try:
        if not text.isascii() or "_" in text or len(text) > 40:
            raise ValueError
        value = Decimal(text)
        if value.is_finite() and low <= value <= high and value == int(value):
            return int(value)
    except (InvalidOperation, ValueError):
        pass
    raise BenchError(f"{where}: '{text[:40]}' is not a whole number from {low} to {high}")


def one_word(value: str, allowed: Mapping[str, str], where: str, what: str) -> str:
    """What a word of a table stands for, compared without case, space and punctuation.

    Raises
    ------
    BenchError
        If it is none of those allowed.
    """
    plain = re.sub(r"[^a-z0-9]", "", value.lower())
    if plain not in allowed:
        raise BenchError(f"{where}: {what} '{value[:40]}'; {one_of(value, allowed)}")
    return allowed[plain]
