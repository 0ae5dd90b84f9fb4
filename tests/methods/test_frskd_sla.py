"""FRSKD combined with SLA."""

import torch
import torch.nn.functional as F

from bench.methods.frskd_sla import AugmentedFeatureRefinement
from bench.methods.shared.attention import attention_vector
from bench.methods.shared.losses import tempered_kl


def test_terms_equal_an_independent_reference(make_staged, batch, clock):
    data, method = batch(), make_staged(AugmentedFeatureRefinement, alpha=2.0, beta=100.0, aux=0.5)
    losses = method(data, clock()).losses
    turned = torch.cat([data.views[0].rot90(turns, (2, 3)) for turns in range(4)])  # rotation-major
    z_c, maps = method.student.features(data.views[0])
    z_t, refined = method.self_teacher(maps)
    _, turned_maps = method.student.features(turned)
    _, turned_refined = method.self_teacher(turned_maps)
    joint = {
        "c": method.joint_student(turned_maps[-1].mean((2, 3))),
        "t": method.joint_self_teacher(turned_refined[-1].mean((2, 3))),
    }
    labels = torch.cat([data.labels * 4 + turns for turns in range(4)])
    agg = {k: sum(v.reshape(4, 6, 5, 4)[turns, :, :, turns] for turns in range(4)) / 4 for k, v in joint.items()}
    torch.testing.assert_close(losses["ce_joint"], sum(F.cross_entropy(v, labels) for v in joint.values()))
    rotations = tempered_kl(z_c, agg["c"], 4.0).mean() + tempered_kl(z_t, agg["t"], 4.0).mean()
    torch.testing.assert_close(losses["kd_rotations"], 0.5 * rotations)
    kd = (tempered_kl(z_c, z_t, 4.0).sum() + tempered_kl(agg["c"], agg["t"], 4.0).sum()) / 12  # over 2n rows
    torch.testing.assert_close(losses["kd"], 2 * kd)
    feature = 0.0
    for ours, theirs, ours_turned, theirs_turned in zip(maps, refined, turned_maps, turned_refined, strict=True):
        plain = (attention_vector(ours) - attention_vector(theirs)).pow(2).mean()
        rotated = (attention_vector(ours_turned) - attention_vector(theirs_turned)).pow(2).mean()
        feature = feature + (plain + 4 * rotated) / 5  # over 5n maps
    torch.testing.assert_close(losses["feature"], 100 * feature)


def test_who_learns_from_what(make_staged, batch, clock, gradients):
    method = make_staged(AugmentedFeatureRefinement)
    losses = method(batch(), clock()).losses
    for name in ("kd", "feature"):
        assert max(gradients(losses[name], method.self_teacher)) == 0
        assert max(gradients(losses[name], method.joint_self_teacher)) == 0
    # agg_c learns in the alpha-term and is a constant in the rotation term.
    assert max(gradients(losses["kd"], method.joint_student)) > 0
    assert max(gradients(losses["kd_rotations"], method.joint_student)) == 0
    assert max(gradients(losses["kd_rotations"], method.self_teacher)) > 0
    assert max(gradients(losses["ce_self_teacher"], method.student.net.stage1)) > 0


def test_images_and_rotations_are_two_passes(make_staged, batch, clock):
    method = make_staged(AugmentedFeatureRefinement)
    method(batch(), clock())
    assert int(method.student.net.stage1[1].num_batches_tracked) == 2
    assert int(method.self_teacher.norms()[0].num_batches_tracked) == 2


def test_beta_0_leaves_the_feature_term_out(make_staged, batch, clock):
    assert "feature" not in make_staged(AugmentedFeatureRefinement, beta=0.0)(batch(), clock()).losses
