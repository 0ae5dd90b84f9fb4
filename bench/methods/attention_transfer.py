"""Attention transfer from a trained teacher."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from bench.methods.shared.attention import area_share
from bench.methods.shared.checks import check_not_negative
from bench.methods.shared.feature_teacher import FeatureTeacherMethod, check_feature_teacher


class AttentionTransfer(FeatureTeacherMethod):
    """Look where a trained teacher looks, at every stage, and match its softened predictions.

    Paper: Zagoruyko and Komodakis, Paying More Attention to Attention, ICLR 2017; in the setting of FRSKD's Table 7 (ATT).

    Equations: CE + alpha KD(z <- z_T; tau) + beta sum_i at(F_i, F_T,i), at the mean squared difference of normalised
    attention vectors.

    Differences from the authors' code: it weighs cross entropy and soft labels 0.1 and 0.9, and the attention 1000 (halved in
    sum); FRSKD's comparison states no weights: alpha and beta are those of FRSKD.

    Sources: alpha, beta, temperature: FRSKD's section 4.1, its values for CIFAR-100, since its Table 7 states none;
    full_size: ours.
    """

    label = "ATT"
    teacher_roles = ("offline",)
    passes = {"forward": 1, "backward": 1, "teacher": 2.1}
    needs = {"stages": 1, "as_many_stages_as": "offline"}
    feature = "at"

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters of CIFAR-100; ``full_size`` is the side of the images that ``beta`` is meant for."""

        alpha: float = 2.0
        beta: float = 100.0
        temperature: float = 4.0
        full_size: int = 0

        def __post_init__(self) -> None:
            check_feature_teacher(self.alpha, self.beta, self.temperature)
            check_not_negative(full_size=self.full_size)

    def share_of_beta(self, images: Tensor) -> float:
        return area_share(images.shape[2:], self.params.full_size)
