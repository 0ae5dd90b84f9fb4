"""What a method needs of its networks and data, held against what is known before anything is built.

A method says it as the literal ``needs``, which the plan reads from the file's syntax:

- ``{"stages": 2}``: the student declares at least so many stages;
- ``{"as_many_stages_as": "offline"}``: as many as the teacher of that role;
- ``{"gated_blocks": True}``: its residual blocks can be left out;
- ``{"more_classes_than": "classes"}``: the dataset has more classes than that hyper-parameter says;
- ``{"whole_weights": True}``: the recipe names a file of the whole network's weights (``pretrained``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

NEEDS = ("stages", "as_many_stages_as", "gated_blocks", "more_classes_than", "whole_weights")


@dataclass(frozen=True)
class Known:
    """What is known of a run's networks and data.

    Attributes
    ----------
    classes
        Of the dataset; ``None`` where its files say it and nobody has read them yet.
    stages
        That the student declares.
    gated
        Whether residual blocks of the student can be left out.
    teacher_stages
        By role.
    task
        Of the dataset.
    backbone_tasks
        By name, of the student's backbone and the teachers'.
    pretrained
        The file of weights that the recipe names; ``None`` where there is no recipe to ask.
    """

    classes: int | None = None
    stages: int = 0
    gated: bool = False
    teacher_stages: Mapping[str, int] = field(default_factory=dict)
    task: str = "classification"
    backbone_tasks: Mapping[str, str] = field(default_factory=dict)
    pretrained: str | None = None


def refusal(tasks: Collection[str], needs: Mapping[str, Any], params: Mapping[str, Any], known: Known) -> str:
    """Why a method cannot be trained on such networks and data; empty where it can."""
    if known.task not in tasks:
        return f"is a method for {' and '.join(tasks)}, the dataset's task is {known.task}"
    for name, task in known.backbone_tasks.items():
        if task != known.task:
            return f"cannot use backbone '{name}', a network for {task}: the dataset's task is {known.task}"
    least = needs.get("stages", 0)
    if known.stages < least:
        return f"needs a backbone with at least {least} stages, this one declares {known.stages}"
    role = str(needs.get("as_many_stages_as", ""))
    if role in known.teacher_stages and known.teacher_stages[role] != known.stages:
        return f"needs as many stages in student and teacher; they declare {known.stages} and {known.teacher_stages[role]}"
    if needs.get("gated_blocks") and not known.gated:
        return "needs residual blocks that can be left out; allowed: the CIFAR ResNets and WRNs"
    if needs.get("whole_weights") and known.pretrained == "":
        return "takes its weights from a file and trains nothing: name the file in the recipe, pretrained: FILE"
    count = params.get(needs.get("more_classes_than", ""))
    if isinstance(count, int) and known.classes is not None and known.classes <= count:
        return f"compares {count} classes and needs a dataset with more, this one has {known.classes}"
    return ""
