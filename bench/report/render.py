"""Views to text and files: HTML (autoescaped), LaTeX (escaped), CSV. The only place where tables are written."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.plan.files import write_atomically
from bench.report import latex
from bench.report.across.picture import picture
from bench.report.macros import MEANINGS, cell_key, numbers, table_label
from bench.report.markdown import table_markdown
from bench.report.pagedata import page_data
from bench.report.rows import cells_csv, table_csv
from bench.report.view import SYMBOLS, TableView, slug, tone

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("templates")


def render_table(view: TableView, stem: Path) -> list[Path]:
    """Write ``<stem>.html``, ``.csv``, ``.tex``, ``-notes.tex``, ``-numbers.tex``; each is the old file or the whole new one.

    Parameters
    ----------
    stem
        Path without suffix, as ``reports/drrnet/table2``.
    """
    texts = {".html": table_html(view), ".csv": table_csv(view), ".tex": table_tex(view)}
    texts |= {"-notes.tex": notes_tex(view), "-numbers.tex": numbers_tex(view)}
    paths = [stem.with_name(stem.name + suffix) for suffix in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        write_atomically(path, text)
    return paths


def table_html(view: TableView) -> str:
    """One self-contained page: styles, scripts and the details of every cell are in it."""
    copies = {"LaTeX": table_tex(view), "Markdown": table_markdown(view), "CSV": cells_csv(view)}
    data = embedded(page_data(view, copies), "cells")
    across = data_uri(picture(view.across)) if view.across else ""
    return html("table.html.j2", ("site.js", "charts.js", "cell.js", "table.js"), view=view, data=data, across=across)


def table_tex(view: TableView) -> str:
    r"""The table for ``\input``: a float per block."""
    return tex("table.tex.j2", view=view)


def notes_tex(view: TableView) -> str:
    r"""What the table was trained on and what was assumed, for ``\input`` into an appendix."""
    return tex("notes.tex.j2", view=view)


def numbers_tex(view: TableView) -> str:
    """A macro per number, and the command that gives them."""
    found = tuple(numbers(view))
    first = next((cell_key(view, cell) for cell in view.cells()), "")
    return tex("numbers.tex.j2", view=view, numbers=found, meanings=MEANINGS.items(), first=first)


def tex(template: str, **values: Any) -> str:
    """Render a template with every value escaped that is not LaTeX made here; what it names and is not given is an error."""
    return _latex_environment().get_template(template).render(**values) + "\n"


def html(template: str, scripts: Sequence[str] = ("site.js",), **values: Any) -> str:
    """Render a template with autoescaping; what it names and is not given is an error.

    The page's content security policy names the scripts by their hashes, so that a browser runs nothing else in it.
    """
    from markupsafe import Markup

    script = Markup("".join((TEMPLATES / name).read_text(encoding="utf-8") for name in scripts))
    early = Markup((TEMPLATES / "theme.js").read_text(encoding="utf-8"))
    hashes = Markup(" ".join(f"'sha256-{_digest(text)}'" for text in (early, script)))
    return _html_environment().get_template(template).render(script=script, early=early, hashes=hashes, **values) + "\n"


def data_uri(svg: bytes) -> str:
    """A picture as an address that holds it, so that a page stays one file."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def embedded(value: Mapping[str, Any], lines: str) -> Markup:
    """JSON for a ``<script type="application/json">``, with nothing in it that could end that element.

    Parameters
    ----------
    lines
        The key whose list gets a line per item, so that two pages can be compared line by line.
    """
    from markupsafe import Markup

    rest = {key: item for key, item in value.items() if key != lines}
    items = ",\n".join(map(_json, value[lines]))
    return Markup(f'{_json(rest)[:-1]},"{lines}":[\n{items}\n]}}')


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=1)
def _html_environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(slug=slug, tone=tone, symbol=SYMBOLS.__getitem__)
    return environment


@lru_cache(maxsize=1)
def _latex_environment() -> Environment:
    """Delimiters that LaTeX does not use, and ``finalize`` so that every value is escaped without being asked."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        autoescape=False,
        finalize=latex.escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(ours=latex.ours, interval=latex.interval, probability=latex.probability)
    environment.globals.update(printed=latex.paper, verdict=latex.verdict, parts=latex.parts, label=table_label)
    return environment
