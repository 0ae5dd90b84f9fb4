"""Classification: counts by hand, whatever the order and the size of the batches."""

import pytest
import torch

from bench.plan.metrics import METRICS, counterpart, curve_of, recorded_metrics
from bench.tasks import build_network, load_task
from bench.tasks.classification import Classifier, hits, scorer

# Six images of classes 0, 0, 0, 1, 1, 2 (class 3 has none), taken for 0, 0, 1, 1, 2, 2.
LABELS = torch.tensor([0, 0, 0, 1, 1, 2])
TAKEN_FOR = torch.tensor([0, 0, 1, 1, 2, 2])


def logits(taken_for, classes):
    return torch.nn.functional.one_hot(taken_for, classes).float()


def test_accuracies_by_hand():
    counts = scorer(4)
    counts.add(logits(TAKEN_FOR, 4), LABELS)
    found = counts.values()
    assert found["accuracy"] == pytest.approx(100 * 4 / 6)
    assert found["balanced_accuracy"] == pytest.approx(100 * (2 / 3 + 1 / 2 + 1) / 3)
    assert found["top5_accuracy"] == 100.0  # of four classes all are among the five likeliest


def test_the_five_likeliest():
    counts = scorer(7)
    counts.add(torch.arange(7.0).repeat(2, 1), torch.tensor([2, 1]))  # the likeliest five are 6, 5, 4, 3, 2
    assert counts.values()["top5_accuracy"] == 50.0


def test_order_and_size_of_batches_do_not_matter():
    draw = torch.Generator().manual_seed(0)
    answers, labels = torch.randn(50, 9, generator=draw), torch.randint(9, (50,), generator=draw)
    whole, parts = scorer(9), scorer(9)
    whole.add(answers, labels)
    for rows in torch.randperm(50, generator=draw).split(7):
        parts.add(answers[rows], labels[rows])
    assert whole.values() == parts.values()
    assert whole.values()["accuracy"] == pytest.approx(100 * float(hits(answers, labels).double().mean()), rel=1e-6)


def test_a_sample_is_a_batch_of_the_task():
    batch = load_task("classification").sample(torch.Generator().manual_seed(0), 7, 3, views=2, pairs=True)
    assert len(batch) == 7 and len(batch.views) == len(batch.targets) == 2 and batch.partners.shape == batch.images.shape
    network = build_network("resnet20_cifar", 3, width=0.25)
    assert isinstance(network, Classifier) and network(batch.images).shape == (7, 3)


def test_metrics_are_known_in_one_place():
    assert recorded_metrics("classification")[0] == "accuracy" and "error" not in recorded_metrics("classification")
    assert curve_of("error") == curve_of("best_accuracy") == "test_accuracy" and curve_of("train_accuracy") == "train_accuracy"
    assert counterpart("error") == "accuracy" and counterpart("accuracy") == "error" and counterpart("balanced_accuracy") == ""
    assert METRICS["top5_error"].complement_of == "top5_accuracy" and not METRICS["top5_error"].higher_is_better
