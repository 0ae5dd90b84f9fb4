"""Short names of pages: copies whose links lead to where those of the page lead."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bench.plan.files import write_atomically

# Attributes that name a file relative to the page. Text of a page holds no bare quotation mark, so that it never looks alike.
LINK = re.compile(rb'(\s(?:href|src)=")(?![#"]|[a-z]+:)')


def content_under(alias: Path, page: Path) -> bytes:
    """What stands under a short name: the page, its relative links as seen from there."""
    content = page.read_bytes()
    if page.suffix != ".html":
        return content
    folder = os.path.relpath(page.parent, alias.parent).replace(os.sep, "/")
    return LINK.sub(lambda found: found[1] + folder.encode() + b"/", content)


def write_alias(alias: Path, page: Path) -> None:
    """Put a page under a short name."""
    write_atomically(alias, content_under(alias, page))


def is_alias(alias: Path, page: Path) -> bool:
    """Whether a short name shows the page as it is now; file times say nothing, since scales take turns under one name."""
    try:
        return alias.read_bytes() == content_under(alias, page)
    except OSError:
        return False
