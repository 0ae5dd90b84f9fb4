"""An ensemble of trained networks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.methods._method import Method
from bench.methods.shared.checks import check_choice
from bench.plan import BenchError


class Ensemble(Method):
    """Average the predictions of networks that other runs trained; nothing is trained here.

    Paper: Yang et al., Knowledge Distillation in Generations: More Tolerant Teachers Educate Better Students, AAAI 2019
    (rows "+Ensemble").

    Equations: log of the mean of softmax(z^(i)) over the members; with ``average: logits`` the mean of z^(i). Every
    teacher of the variant is a member, whatever its role is called, so that the rows of generation g name generation0
    to generation g.

    Differences from the authors' code: no code is public and the paper does not say what is averaged. That the
    patriarch is a member follows from its Table 1, where the ensemble at generation 1 differs from the network of
    generation 1.

    Sources: average: not stated, our choice.
    """

    label = "Ensemble"
    teacher_roles = ("generation0",)
    trains = False
    passes = {"forward": 0, "backward": 0}
    named = {"Ensemble, mean of logits": {"average": "logits"}}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters. ``average`` is what the mean is taken of: probabilities or logits."""

        average: str = "probabilities"

        def __post_init__(self) -> None:
            check_choice("average", self.average, ("probabilities", "logits"))

    def export(self) -> dict[str, Tensor]:
        """Refused: no single network predicts as the members together do."""
        raise BenchError("ensemble: has no weights of its own, so that it can be nobody's teacher")

    def predict(self, images: Tensor) -> Tensor:
        """Log-probabilities (or mean logits) of the ensemble, (B, C)."""
        logits = torch.stack([self.ask(role, images).float() for role in sorted(self.teachers)])
        if self.params.average == "logits":
            return logits.mean(dim=0)
        return F.log_softmax(logits, dim=2).logsumexp(dim=0) - math.log(len(logits))
