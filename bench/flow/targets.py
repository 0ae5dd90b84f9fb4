"""Targets as people type them: one that no rule makes is told with the nearest that there is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from bench.flow.pages import Pages
from bench.plan.pages import FIGURE_ENDINGS, TABLE_ENDINGS


def unknown_target(targets: Iterable[str], pages: Pages) -> str:
    """A line about the first target below ``reports/`` that the workflow cannot make; empty if it can make all of them."""
    for target in targets:
        short = target.removeprefix("reports/")
        if (
            short == target
            or target.startswith((f"{pages.site}/compare/", f"{pages.site}/tune/"))
            or re.fullmatch(pages.short_names, short)
        ):
            continue
        known = _known(pages)
        if target not in known:
            near = get_close_matches(target, known, n=1, cutoff=0.4)
            advice = f"did you mean {near[0]}?" if near else "python -m bench list tables"
            return f"no rule makes {target}; {advice}"
    return ""


def _known(pages: Pages) -> set[str]:
    """Everything that may be asked for by name, short and full."""
    full = pages.tables_and_figures(TABLE_ENDINGS, FIGURE_ENDINGS)
    more = [f"{pages.site}/{name}" for name in ("index.html", "paper.tex", "paper.pdf")]
    own = f"{pages.site}/{pages.flow.plan.settings.paper}/"
    names = {path.replace(f"{pages.site}/", "reports/", 1) for path in (*full, *more)}
    return {*full, *more, *names, *(path.replace(own, "reports/", 1) for path in full if path.startswith(own))}
