"""The one exception that users see."""


class BenchError(Exception):
    """A fault in the user's input, told in one line: what, where, and what is allowed."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def one_of(word: str, allowed: object) -> str:
    """Name the allowed values, the closest to ``word`` first."""
    from difflib import get_close_matches

    names = sorted(str(item) for item in allowed)  # type: ignore[attr-defined]
    close = get_close_matches(str(word), names, n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    return f"allowed: {', '.join(names) or 'nothing'}{hint}"
