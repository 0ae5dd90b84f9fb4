"""FitNet: hints from a teacher's stages."""

from __future__ import annotations

from dataclasses import dataclass

from bench.methods.shared.feature_teacher import FeatureTeacherMethod, check_feature_teacher


class FitNet(FeatureTeacherMethod):
    """Regress a trained teacher's stage features from one's own, and match its softened predictions.

    Paper: Romero et al., FitNets: Hints for Thin Deep Nets, ICLR 2015; in the setting of FRSKD's Table 7.

    Equations: CE + alpha KD(z <- z_T; tau) + beta sum_i mean((r_i(F_i) - F_T,i)^2), r_i a 1x1 convolution with batch norm and
    ReLU.

    Differences from the authors' code: FitNets train one hint at mid depth in a stage of their own first; FRSKD's comparison
    is read as joint and over all stages, with the regressors of its code. It states neither alpha nor beta: alpha is FRSKD's,
    beta 1.

    Sources: alpha, temperature: FRSKD's section 4.1, its values for CIFAR-100; beta: not stated, our choice.
    """

    label = "FitNet"
    teacher_roles = ("offline",)
    passes = {"forward": 1, "backward": 1, "teacher": 2.1}
    needs = {"stages": 1, "as_many_stages_as": "offline"}
    feature = "fitnet"

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters."""

        alpha: float = 2.0
        beta: float = 1.0
        temperature: float = 4.0

        def __post_init__(self) -> None:
            check_feature_teacher(self.alpha, self.beta, self.temperature)
