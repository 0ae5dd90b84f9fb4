"""Feature refinement via self-knowledge distillation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.attention import area_share
from bench.methods.shared.bifpn import KINDS as SELF_TEACHERS
from bench.methods.shared.bifpn import SelfTeacher
from bench.methods.shared.checks import check_choice, check_not_negative, check_positive
from bench.methods.shared.feature_losses import KINDS as FEATURE_TERMS
from bench.methods.shared.feature_losses import OverhaulTerm, build_feature_term
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.mixing import KINDS as MIXINGS
from bench.methods.shared.mixing import build_mixer
from bench.methods.shared.stages import stage_channels

BETAS = {"at": 100.0, "fitnet": 1.0, "overhaul": 1e-3}  # their sizes differ: 1e-4, 1 and 1e5 before weighting


class FeatureRefinement(Method):
    r"""Refine the network's features with a small pyramid beside it, and learn from the refined features and their soft labels.

    Paper: Ji et al., Refine Myself by Teaching Myself: Feature Refinement via Self-Knowledge Distillation, CVPR 2021.

    Equations: L = CE(z_c) + CE(z_t) + alpha KD(z_c <- z_t; tau) + beta sum_i at(F_i, T_i) (eq. 5), F_i the network's and T_i
    the self-teacher's maps. ``beta: 0`` is FRSKD\F, ``feature: fitnet | overhaul`` Fit+SKD and OD+SKD, ``self_teacher:
    bifpn`` Table 6, ``mixing: mixup | cutmix`` Table 8, where both cross entropies use the mixed labels.

    Differences from the authors' code: none known; where it departs from the paper it is followed: KL(teacher || student)
    times tau^2 (eq. 4 reads the other way round), squared mean distance of attention vectors (eq. 3 reads a norm),
    nearest-neighbour upsampling and two laterals per level. CE(z_t) reaches the network. The overhaul's margins are those of
    fresh batch norms, -0.798 throughout, since nothing refreshes them (``refresh_margins: true`` does, every epoch). beta of
    Fit+SKD and OD+SKD is not stated. The self-teacher adds 0.67 to 0.71 of the baseline's multiplications and, on a CPU,
    1.5 of its time: depthwise convolutions multiply little and move much memory.

    Sources: alpha, temperature, self_teacher, width, feature: the paper's section 4.1; beta: section 4.1 for attention, our
    choice for fitnet, the 1e-3 of its authors on CIFAR for overhaul; refresh_margins: the authors' code; mixing, mixing_alpha:
    the paper's section 6, off by default (mixup has 0.2 there); full_size: ours.
    """

    label = "FRSKD"
    passes = {"forward": 1.7, "backward": 1.7}
    needs = {"stages": 1}
    named = {
        "FRSKD\\F": {"beta": 0.0},
        "Fit+SKD": {"feature": "fitnet"},
        "OD+SKD": {"feature": "overhaul"},
        "FRSKD with BiFPN": {"self_teacher": "bifpn"},
        "FRSKD with the narrow BiFPNc": {"width": 1},
        "FRSKD+Mixup": {"mixing": "mixup", "mixing_alpha": 0.2},
        "FRSKD+CutMix": {"mixing": "cutmix", "mixing_alpha": 1.0},
    }

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters of CIFAR-100 (section 4.1); a ``beta`` that is not given depends on ``feature``.

        ``full_size`` is the side of the images that ``beta`` is meant for: attention is weighed less on smaller ones.
        """

        alpha: float = 2.0
        beta: float | None = None
        temperature: float = 4.0
        self_teacher: str = "bifpnc"
        width: int = 2
        feature: str = "at"
        refresh_margins: bool = False
        mixing: str = "none"
        mixing_alpha: float = 1.0
        full_size: int = 0

        def __post_init__(self) -> None:
            check_choice("self_teacher", self.self_teacher, SELF_TEACHERS)
            check_choice("feature", self.feature, FEATURE_TERMS)
            check_choice("mixing", self.mixing, MIXINGS)
            if self.beta is None:
                object.__setattr__(self, "beta", BETAS[self.feature])
            check_not_negative(alpha=self.alpha, beta=self.beta, full_size=self.full_size)  # type: ignore[arg-type]
            check_positive(temperature=self.temperature, width=self.width, mixing_alpha=self.mixing_alpha)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        params, channels = self.params, stage_channels(self.student)
        self.mix = build_mixer(params.mixing, params.mixing_alpha, self.num_classes)
        self.self_teacher = SelfTeacher(params.self_teacher, channels, params.width, self.num_classes)
        norms = self.self_teacher.norms()
        self.term = build_feature_term(params.feature, channels, self.self_teacher.channels, norms) if params.beta else None

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params = self.params
        images, targets = self.mix(batch.images, batch.labels)
        before = self.term is not None and self.term.before_activation
        logits, maps = self.student.features(images, before)
        taught, refined = self.self_teacher(maps, before)
        losses = {
            "ce": F.cross_entropy(logits, targets),
            "ce_self_teacher": F.cross_entropy(taught, targets),
            "kd": params.alpha * tempered_kl(logits, taught, params.temperature).mean(),
        }
        if self.term is not None:
            if params.refresh_margins and isinstance(self.term, OverhaulTerm) and clock.step == 0:
                self.term.refresh(self.self_teacher.norms())
            area = area_share(images.shape[2:], params.full_size) if params.feature == "at" else 1.0
            losses["feature"] = params.beta * area * self.term(maps, refined)
        return Step(logits, batch.labels, losses)
