"""Broken and hostile inputs. Every case must end in a value or in one clear line, write nothing elsewhere and start nothing."""

import os
import sys
from pathlib import Path

import matplotlib.font_manager  # noqa: F401  (writes its cache of fonts when it is first imported)
import pytest

STARTS = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen", "os.startfile")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """What the process opens for writing outside one folder, and what it starts; by Python's audit events."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.seen: list[str] = []

    def __call__(self, event: str, arguments: tuple) -> None:
        if self.folder is None:
            return
        if event in STARTS:
            self.seen.append(f"{event} {arguments[0]}")
        elif (event == "open" and isinstance(arguments[0], (str, bytes)) and arguments[2] & WRITES) or event in (
            "os.mkdir",
            "os.remove",
            "os.rmdir",
            "os.symlink",
            "os.link",
        ):
            self._written(os.fsdecode(arguments[0]))
        elif event == "os.rename":
            self._written(os.fsdecode(arguments[1]))

    def _written(self, name: str) -> None:
        path = Path(name).absolute()
        inside = self.folder is not None and path.is_relative_to(self.folder)
        if not inside and path != Path(os.devnull) and not {"__pycache__", ".hypothesis"} & set(path.parts):
            self.seen.append(f"wrote {path}")


WATCH = Watch()
sys.addaudithook(WATCH)


@pytest.fixture(autouse=True)
def watched(tmp_path, tmp_path_factory, monkeypatch):
    """Work in a folder of the test's own and answer for what happens elsewhere."""
    monkeypatch.chdir(tmp_path)
    WATCH.folder, WATCH.seen = tmp_path_factory.getbasetemp().resolve(), []
    yield tmp_path
    WATCH.folder = None
    assert WATCH.seen == []
