"""States that a training keeps on the way, for the figures that look at its networks later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.methods import Method
from bench.plan import BenchError
from bench.train.checkpoint import load_checkpoint, save_checkpoint


@dataclass(frozen=True)
class Snapshots:
    """Which epochs (counted from 1) a training keeps, and in which folder; what is kept changes nothing of what is trained."""

    folder: Path = Path()
    epochs: Sequence[int] = ()

    def path(self, epoch: int) -> Path:
        return self.folder / f"epoch{epoch}.pt"

    def keep(self, epoch: int, method: Method, config: Mapping[str, Any]) -> None:
        """Write the whole method, auxiliary modules included, if this epoch is one of them."""
        if epoch in self.epochs:
            save_checkpoint(self.path(epoch), {"config": dict(config), "epoch": epoch, "method": method.state_dict()})

    def lacking(self, until: float, config: Mapping[str, Any]) -> list[int]:
        """The epochs up to ``until`` that should have been kept of this training and are not there."""
        return [epoch for epoch in self.epochs if epoch <= until and not self._holds(epoch, config)]

    def _holds(self, epoch: int, config: Mapping[str, Any]) -> bool:
        try:
            return bool(load_checkpoint(self.path(epoch))["config"] == dict(config))
        except BenchError:  # missing or damaged
            return False


NO_SNAPSHOTS = Snapshots()
