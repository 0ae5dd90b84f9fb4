"""The one exception that users see."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 2000  # characters of a line
MOST, FEW = 20, 8  # names that a line lists whole, and that it lists of more
LISTED = 6  # faults that one line names before it counts the rest


class BenchError(Exception):
    """A fault in the user's input, told in one line: what, where, and what is allowed.

    What a line quotes may be anything, so it is kept to a readable length and to what a terminal prints.
    """

    def __init__(self, message: str) -> None:
        line = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in " ".join(message.split()))
        super().__init__(line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}")


def listed_words(words: Iterable[str], most: int = LISTED, separator: str = ", ") -> str:
    """The first words of many, and how many more there are."""
    names = list(words)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return separator.join(names[:most]) + more


def one_of(word: str, allowed: Iterable[object]) -> str:
    """Name the closest to ``word``, then the allowed values; of many those that are most like it, and their number."""
    from difflib import get_close_matches

    names = sorted(str(item) for item in allowed)
    hint = nearest(word, names)
    if len(names) > MOST:
        names = [*get_close_matches(str(word), names, n=FEW, cutoff=0.0), f"and {len(names) - FEW} more"]
    return f"{hint and f'{hint} '}allowed: {', '.join(names) or 'nothing'}"


def nearest(word: str, allowed: Iterable[object]) -> str:
    """A question that names the value closest to ``word``; empty where none is close. ``CIFAR-10`` is close to ``cifar10``."""
    from difflib import get_close_matches

    names = sorted(str(item) for item in allowed)
    folded = {_folded(name): name for name in reversed(names)}
    close = [name for name in names if _folded(name) == _folded(word)] or get_close_matches(str(word), names, n=1)
    close = close or [folded[each] for each in get_close_matches(_folded(word), folded, n=1)]
    return f"did you mean '{close[0]}'?" if close else ""


def _folded(word: object) -> str:
    """Its letters and digits alone, small; the word itself where it has none."""
    return "".join(filter(str.isalnum, str(word).lower())) or str(word)
