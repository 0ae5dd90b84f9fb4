"""A student that learns from the generation before it."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_share
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.score_difference import top_scores


class Generation(Method):
    """Learn from the labels and from the previous generation, a network of the same kind trained for as long.

    Paper: Yang et al., Knowledge Distillation in Generations: More Tolerant Teachers Educate Better Students, AAAI
    2019. With weight 0.5 after a patriarch trained with cross entropy: Furlanello et al., Born Again Neural Networks,
    ICML 2018.

    Equations: (1 - lambda) CE + lambda KL(f^(g-1) || f^(g)), no temperature (eq. 4). At its optimum 1 - f_a1^(g) =
    lambda (1 - f_a1^(g-1)), the oracle for the curve ``f_a1``, the mean primary score on training images.

    Differences from the authors' code: no code is public. The text has the student M^(g-1) learn from M^(g); eq. 4 has
    it the right way round and is followed. The teacher is the last epoch's network, in eval mode, on the same augmented
    image.

    Sources: weight: the paper's D(0.6, 0.6).
    """

    label = "Generation"
    teacher_roles = ("previous",)
    passes = {"forward": 1, "backward": 1, "teacher": 1}
    named = {"Born-Again": {"weight": 0.5}}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters. ``weight`` is lambda, the share of the teacher."""

        weight: float = 0.6

        def __post_init__(self) -> None:
            check_share(weight=self.weight)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        images = batch.images
        logits = self.student(images)
        weight = self.params.weight
        losses = {
            "ce": (1 - weight) * F.cross_entropy(logits, batch.labels),
            "kd": weight * tempered_kl(logits, self.ask("previous", images), 1.0).mean(),
        }
        return Step(logits, batch.labels, losses, {"f_a1": top_scores(logits, 1).mean()})
