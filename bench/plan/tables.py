"""Text and tables as people's programs save them: encodings, ends of lines, separators, Excel's first line."""

from __future__ import annotations

import re

MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"))
SEPARATORS = ",;\t"
SEPARATOR_LINE = re.compile(r'"?sep=([,;\t])"?[,;\t]*', re.IGNORECASE)  # Excel's; it is no row


def decoded(content: bytes) -> str:
    """Text in UTF-8, or UTF-16 with a byte order mark; every line ends in a line feed.

    Raises
    ------
    UnicodeDecodeError
        If it is none; ``start`` counts the bytes behind the mark.
    """
    encoding, start = next(((name, len(mark)) for mark, name in MARKS if content.startswith(mark)), ("utf-8", 0))
    return content[start:].decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def table_in(text: str) -> tuple[str, str]:
    """The text of a table and what separates its cells; Excel's line that says so is left blank."""
    lead = text[: len(text) - len(text.lstrip("\n"))]
    first, end, rest = text[len(lead) :].partition("\n")
    said = SEPARATOR_LINE.fullmatch(first.strip(" "))
    if said:
        return f"{lead}{end}{rest}", said[1]
    return text, max(SEPARATORS, key=first.count)
