"""Write the plain network that a run trained, for use outside the suite."""

from __future__ import annotations

from pathlib import Path

import torch

from bench.plan import BenchError, Plan, Run
from bench.plan.files import replacing
from bench.records.record import read_record
from bench.train.checkpoint import load_checkpoint


def export_weights(plan: Plan, run: Run, file: Path) -> int:
    """Write the state dict of a run's plain backbone, as ``torch.save`` does; returns its number of tensors.

    It loads into the untouched network (torchvision's, timm's or ours) and predicts what the run's record scores.

    Raises
    ------
    BenchError
        If the run has no finished record, its weights were not kept, or the file cannot be written.
    """
    record_file, weights = Path(run.record), Path(run.workspace) / "weights.pt"
    if not record_file.exists():
        raise BenchError(f"{run.id}: not trained yet; python -m bench train {run.id} --set keep_weights=true")
    record = read_record(record_file)
    if record["status"] != "finished":
        raise BenchError(f"{run.id}: is '{record['status']}' and leaves no weights")
    if not weights.exists():
        raise BenchError(
            f"{run.id}: its weights were not kept (those of teachers are);"
            f" python -m bench train {run.id} --set keep_weights=true trains it again"
        )
    state = load_checkpoint(weights)["net"]
    with replacing(file) as stream:
        torch.save(state, stream)
    return len(state)
