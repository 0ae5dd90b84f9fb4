"""What each probe says of a network, against numbers worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch

from bench.plan.catalogue import probe_files
from bench.plan.figures import PROBED, AttentionFigure, EmbeddingFigure, ScoresFigure
from bench.probes import attention, embedding, scores

PANELS = (("noise", "tiny"),)


def figure(kind, **own):
    return kind(name="figure1", title="A figure", variant="x", panels=PANELS, **own)


def test_every_kind_that_shows_networks_has_a_probe_and_is_drawn():
    drawn = {path.stem for path in (Path(scores.__file__).parents[1] / "report" / "figures").glob("*.py")}
    assert set(probe_files()) == set(PROBED) <= drawn


def test_scores_are_sorted_and_second_classes_counted(network):
    sure = torch.tensor([0.5, 0.3, 0.1, 0.06, 0.04]).log()

    def constant(method, epoch):
        """Always class 0 first, then the image's own class, or 1 for class 0."""
        labels = iter(torch.arange(40).remainder(5).split(16))

        def predict(images):
            rows = []
            for label in next(labels).tolist():
                second = label or 1
                order = [0, second, *(c for c in range(5) if c not in (0, second))]
                rows.append(torch.empty(5).scatter(0, torch.tensor(order), sure))
            return torch.stack(rows)

        method.predict = predict
        return method

    arrays, facts = scores.probe(figure(ScoresFigure, matrix="noise"), network("baseline", (3,), constant))
    assert arrays["sorted"] == pytest.approx([50, 30, 10, 6, 4])
    expected = np.diag([0, 8, 8, 8, 8])
    expected[0, 1] = 8
    assert (arrays["second"] == expected).all()
    assert facts == {"train_accuracy": 20.0, "images": 40}
    arrays, _ = scores.probe(figure(ScoresFigure, matrix="other"), network("baseline", (3,), constant))
    assert set(arrays) == {"sorted"}


def test_attention_is_the_mean_square_over_channels_at_length_one(network):
    seen = network("frskd")
    arrays, facts = attention.probe(figure(AttentionFigure, epochs=(0.5, 1.0), samples=3), seen)
    assert facts["blocks"] == 3 and len(set(facts["labels"])) == 3
    assert arrays["images"].shape == (3, 3, 16, 16) and arrays["images"].min() >= 0 and arrays["images"].max() <= 1
    sides = {1: 16, 2: 8, 3: 4}
    names = {f"{row}_{epoch}_{block}" for row in ("classifier", "teacher") for epoch in (1, 2) for block in sides}
    assert set(arrays) == {"images", *names}
    assert all(arrays[name].shape == (3, sides[int(name[-1])], sides[int(name[-1])]) for name in names)
    chosen = attention.sample(seen.dataset.test.labels.numpy(), 3, "noise")
    method = seen.method(2)
    maps = method.student.features((seen.dataset.test.images[chosen] / 255 - 0.5) / 0.5)[1]
    refined = method.self_teacher(maps)[1]
    for name, found in (("classifier_2_1", maps[0]), ("teacher_2_3", refined[2])):
        by_hand = found.square().mean(1)
        by_hand = by_hand / by_hand.square().sum((1, 2), keepdim=True).sqrt()
        assert arrays[name] == pytest.approx(by_hand.numpy(), abs=1e-6)


def test_a_method_without_a_self_teacher_shows_its_classifier(network):
    arrays, _ = attention.probe(figure(AttentionFigure, samples=1), network("baseline", (1,)))
    assert set(arrays) == {"images", "classifier_1_1", "classifier_1_2", "classifier_1_3"}


def test_samples_are_fixed_and_of_different_classes():
    labels = np.repeat(np.arange(4), 5)
    chosen = attention.sample(labels, 4, "cub200")
    assert sorted(labels[chosen]) == [0, 1, 2, 3]
    assert (chosen == attention.sample(labels, 4, "cub200")).all()
    assert (chosen != attention.sample(labels, 4, "mit67")).any()


def test_features_of_sub_networks_differ_from_the_full_one_s_and_repeat(network):
    asked = figure(EmbeddingFigure, epochs=(0.5, 1.0), skipped=(2, 2, 3), classes=3, images=18)
    arrays, facts = embedding.probe(asked, network("self_guidance"))
    assert arrays["points"].shape == (2, 4, 18, 2) and np.isfinite(arrays["points"]).all()
    assert np.bincount(arrays["labels"]).tolist() == [6, 6, 6] and len(facts["classes"]) == 3
    assert [mask.count("0") for mask in facts["masks"]] == [2, 2, 3] and len(set(facts["masks"])) == 3
    assert len({arrays["points"][0, column].tobytes() for column in range(4)}) == 4
    again, _ = embedding.probe(asked, network("self_guidance"))
    assert (again["points"] == arrays["points"]).all()


def test_the_full_network_is_embedded_as_it_is_deployed(network, monkeypatch):
    monkeypatch.setattr(embedding, "embed", lambda features: features[:, :2])
    seen = network("self_guidance", (1,))
    arrays, facts = embedding.probe(figure(EmbeddingFigure, skipped=(1,), classes=5, images=40), seen)
    images = (seen.dataset.test.images / 255 - 0.5) / 0.5
    method = seen.method(1)
    assert arrays["points"][0, 0] == pytest.approx(method.student.penultimate(images)[1][:, :2].numpy(), abs=1e-5)
    for block, gate in zip(method.student.residual_blocks(), facts["masks"][0], strict=True):
        block.gate = float(gate)
    assert arrays["points"][0, 1] == pytest.approx(method.student.penultimate(images)[1][:, :2].numpy(), abs=1e-5)


def test_masks_skip_what_survives_least_and_are_fixed():
    kept = [1.0] * 18 + [0.5] * 6
    masks = embedding.draw_masks(kept, (4, 4, 5))
    assert [mask.count("0") for mask in masks] == [4, 4, 5] and masks[0] != masks[1]
    assert all(mask.startswith("1" * 18) for mask in masks)
    assert masks == embedding.draw_masks(kept, (4, 4, 5))
    assert embedding.draw_masks([1.0, 1.0], (5,)) == ["00"]


@pytest.mark.parametrize("features", [np.ones((9, 4)), np.zeros((2, 4))])
def test_features_that_do_not_differ_share_a_point(features):
    assert (embedding.embed(features) == 0).all()
