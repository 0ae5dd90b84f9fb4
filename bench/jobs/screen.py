"""What a terminal shows of a training, within 80 columns, and what TensorBoard is told where the settings ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from filelock import FileLock, Timeout
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from bench.plan import BenchError, Run
from bench.records.worklist import duration
from bench.train.progress import Reporter

COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(bar_width=10),
    TextColumn("{task.fields[epochs]}"),
    TextColumn("{task.fields[detail]}"),
)
NAME = 38  # columns that a run's name may take of the 80


@dataclass
class Screen(Reporter):
    """A reporter whose bar, where there is one, says epoch, test score and time left; the plain lines say the rest."""

    bar: Progress | None = None
    task: TaskID | None = None
    board: Any = None  # TensorBoard's writer, where there is one

    def resumed(self, epoch: int) -> None:
        super().resumed(epoch)
        if self.bar and self.task is not None:
            self.bar.update(self.task, completed=epoch)

    def epoch(self, epoch: int, row: Mapping[str, float], shown: Mapping[str, str], images_per_second: float) -> None:
        super().epoch(epoch, row, shown, images_per_second)
        if self.board is not None:
            for name, value in row.items():
                self.board.add_scalar(name, value, epoch)
        if self.bar and self.task is not None:
            score = f"{row[shown['test']]:.1f} %  " if shown.get("test") in row else ""
            self.bar.update(
                self.task, completed=epoch, epochs=f"{epoch}/{self.epochs}", detail=f"{score}{duration(self.left(epoch))} left"
            )


@contextmanager
def screen(run: Run, epochs: int, streams: tuple[TextIO, ...], terminal: Path, board: bool = False) -> Iterator[Screen]:
    """A reporter with a live bar if standard error is a terminal that no other training of this folder draws on.

    Parameters
    ----------
    streams
        Where plain lines go.
    terminal
        The lock file that trainings side by side pass on, so that two bars never overwrite each other.
    board
        Whether every epoch's scores also go to ``tensorboard/`` in the run's workspace.
    """
    console, lock = Console(stderr=True), FileLock(terminal)
    shown = Screen(run.id, epochs, streams, board=_board(Path(run.workspace) / "tensorboard") if board else None)
    try:
        if not console.is_terminal or console.is_dumb_terminal or not _taken(lock):
            yield shown
            return
        try:
            with Progress(*COLUMNS, console=console, transient=True) as bar:
                shown.bar, shown.task = bar, bar.add_task(short(run), total=epochs, epochs=f"0/{epochs}", detail="")
                yield shown
        finally:
            lock.release()
    finally:
        if shown.board is not None:
            shown.board.close()


def short(run: Run) -> str:
    """A run's name for a narrow terminal: variant, backbone, seed, then the dataset as far as there is room."""
    cell = run.cell
    words = f"{cell.variant} {cell.backbone} seed{run.seed} {cell.dataset}"
    return words if len(words) <= NAME else f"{words[: NAME - 1]}…"


def _board(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise BenchError("tensorboard=true needs the package: pip install tensorboard") from None
    return SummaryWriter(str(folder))


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True
