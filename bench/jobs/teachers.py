"""The frozen networks that a run learns from, and what stands in its way where they are not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.backbones import Network
from bench.plan import BenchError, Plan, Run
from bench.records.files import DamagedFile, set_aside
from bench.records.fingerprint import fingerprint
from bench.records.record import read_record
from bench.train import build_student
from bench.train.checkpoint import load_checkpoint


class TeacherWithoutResult(Exception):
    """A teacher diverged or failed, so its student cannot be trained; ``status`` is the student's then."""

    def __init__(self, teacher: Run, status: str, reason: str) -> None:
        super().__init__(f"its teacher {teacher.id} {status}: {reason}")
        self.status = status


def load_teachers(plan: Plan, run: Run) -> tuple[dict[str, Network], dict[str, Any]]:
    """The networks by role, and what the student's record says of them (``seconds`` that they took, their teachers' included).

    Raises
    ------
    TeacherWithoutResult
        If a teacher left no weights because it diverged or failed.
    BenchError
        If a teacher is not trained yet, or out of date, or its files are damaged or gone. The workflow's plan finds a damaged
        record; it looks at no weights, so where those are damaged they are set aside here with the record.
    """
    networks, facts = {}, {}
    for role, teacher in plan.teachers(run).items():
        record = _record_of(plan, teacher)
        networks[role] = _network(plan, teacher, record)
        facts[role] = {
            "run": teacher.id,
            "fingerprint": record["fingerprint"],
            "weights": record["weights"].get("sha256", ""),
            "seconds": sum(record["cost"].get(part, 0.0) for part in ("train_seconds", "teacher_seconds")),
        }
    return networks, facts


def _record_of(plan: Plan, teacher: Run) -> dict[str, Any]:
    path = Path(teacher.record)
    command = f"python -m bench train {teacher.id}"
    if not path.exists():
        raise BenchError(f"its teacher is not trained yet: {command}, or --with-teachers in this call")
    try:
        record = read_record(path)
    except DamagedFile as error:
        raise BenchError(f"{error}; the same command makes it again (without the workflow: {command})") from None
    expected = fingerprint(plan, teacher)
    strict = plan.settings.rerun_on_code_change == "yes"
    if record["fingerprint"]["config"] != expected["config"] or (strict and record["fingerprint"] != expected):
        raise BenchError(f"its teacher is of another config or code than the plan's: {command}")
    if record["status"] != "finished":
        raise TeacherWithoutResult(teacher, record["status"], record["reason"])
    return record


def _network(plan: Plan, teacher: Run, record: dict[str, Any]) -> Network:
    weights = Path(teacher.weights)
    try:
        state = load_checkpoint(weights)["net"]
        network = build_student(plan.resolve(teacher), len(record["data"]["classes"]))
        network.net.load_state_dict(state)
    except (BenchError, KeyError, TypeError, RuntimeError) as error:
        why = str(error) if isinstance(error, BenchError) else f"{weights}: not the weights of {teacher.cell.backbone}"
        set_aside(weights)
        set_aside(Path(teacher.record))
        raise BenchError(
            f"the weights of its teacher {teacher.id} are gone or damaged ({why}); its record is set aside, the same command"
            f" trains it again (without the workflow: python -m bench train {teacher.id})"
        ) from None
    return network
