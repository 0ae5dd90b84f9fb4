"""Hyper-parameters that make no sense are refused in one line."""

import pytest

from bench.methods.attention_transfer import AttentionTransfer
from bench.methods.byot import BeYourOwnTeacher
from bench.methods.cutmix import CutMix
from bench.methods.frskd import FeatureRefinement
from bench.methods.frskd_sla import AugmentedFeatureRefinement
from bench.methods.kd import KnowledgeDistillation
from bench.methods.mixup import Mixup
from bench.methods.one import NativeEnsemble
from bench.methods.overhaul import Overhaul
from bench.methods.sad import SelfAttention
from bench.methods.tfkd_reg import TeacherFreeRegularization


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (KnowledgeDistillation, {"temperature": 0}, "temperature is 0; allowed: above 0"),
        (KnowledgeDistillation, {"alpha": -1}, "alpha is -1; allowed: 0 and above"),
        (FeatureRefinement, {"feature": "AT"}, "feature is 'AT'; allowed: at, fitnet, overhaul"),
        (FeatureRefinement, {"self_teacher": "fpn"}, "self_teacher is 'fpn'; allowed: bifpnc, bifpn"),
        (FeatureRefinement, {"mixing": "cut"}, "mixing is 'cut'; allowed: none, mixup, cutmix"),
        (FeatureRefinement, {"mixing_alpha": 0}, "mixing_alpha is 0; allowed: above 0"),
        (AugmentedFeatureRefinement, {"width": 0}, "width is 0; allowed: above 0"),
        (NativeEnsemble, {"branches": 1}, "branches is 1; allowed: 2 and more"),
        (NativeEnsemble, {"deploy": "best"}, "deploy is 'best'; allowed: branch, ensemble"),
        (BeYourOwnTeacher, {"alpha": 1.5}, "alpha is 1.5; allowed: 0 to 1"),
        (SelfAttention, {"start": 40}, "start is 40; allowed: 0 to 1"),
        (Mixup, {"alpha": 0.0}, "alpha is 0.0; allowed: above 0"),
        (CutMix, {"alpha": float("nan")}, "alpha is nan; allowed: above 0"),
        (AttentionTransfer, {"beta": -1}, "beta is -1; allowed: 0 and above"),
        (Overhaul, {"teacher_norm": "train"}, "teacher_norm is 'train'; allowed: running, batch"),
        (TeacherFreeRegularization, {"correct": 1.0}, "correct is 1.0; allowed: above 0 and below 1"),
        (TeacherFreeRegularization, {"soften": "both"}, "soften is 'both'; allowed: prob, logit"),
    ],
)
def test_one_line_says_what_is_allowed(kind, given, message):
    with pytest.raises(ValueError) as caught:
        kind.Params(**given)
    assert str(caught.value) == message
