"""``python -m bench.cli.serving SOCKET``: the preloaded server whose forks are the workflow's trainings."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.jobs.preload import serve


def load() -> None:
    """Import what a training needs, torch with it, and read the source files whose digests every record holds."""
    import bench.cli.app  # noqa: F401
    from bench.cli.training import trainer
    from bench.plan.catalogue import PACKAGE
    from bench.records.fingerprint import code_digest

    trainer()
    code_digest([PACKAGE / "train" / "loop.py"])  # half a second of every fork's; a file that changes is read anew


def run(words: list[str]) -> int:
    """The command of these arguments."""
    from bench.cli.app import main

    sys.argv[1:] = words
    main()
    return 0


if __name__ == "__main__":
    serve(Path(sys.argv[1]), load, run)
