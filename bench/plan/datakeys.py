"""Names of the prepared datasets, so that the Snakefile and the data room agree on where they lie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DATA_CACHE = Path("results/data")  # of the datasets that are prepared, below the working directory


def store_key(name: str, size: int, options: Mapping[str, Any] | None = None) -> str:
    """The folder below ``results/data`` that holds a dataset decoded to one image size.

    Parameters
    ----------
    name
        A key of a family's ``DATASETS``.
    size
        Side of the square images in pixels.
    options
        The loader's options as the recipe gives them (JSON types); the order of the keys does not matter.

    Returns
    -------
    str
        ``sar_standin3-64px``, and with options ``opensarship-64px-1a2b3c4d``.
    """
    key = f"{name}-{size}px"
    if not options:
        return key
    words = json.dumps(options, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"{key}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"
