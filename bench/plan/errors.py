"""The one exception that users see."""

LONGEST = 2000  # characters of a line


class BenchError(Exception):
    """A fault in the user's input, told in one line: what, where, and what is allowed.

    What a line quotes may be anything, so it is kept to a readable length and to what a terminal prints.
    """

    def __init__(self, message: str) -> None:
        line = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in " ".join(message.split()))
        super().__init__(line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}")


def one_of(word: str, allowed: object) -> str:
    """Name the allowed values, the closest to ``word`` first."""
    from difflib import get_close_matches

    names = sorted(str(item) for item in allowed)  # type: ignore[attr-defined]
    close = get_close_matches(str(word), names, n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    return f"allowed: {', '.join(names) or 'nothing'}{hint}"
