import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from torch import nn

from bench.data import Batches, check_dataset, evaluation_batches
from bench.data.sar_standin import DATASETS
from bench.data.store.reading import decode_dataset
from bench.plan import BenchError

RECIPE = {
    "image_size": 64,
    "batch_size": 32,
    "augmentation": [{"horizontal_flip": 0.5}, {"vertical_flip": 0.5}],
    "normalise": {"mean": [0.5], "std": [0.5]},
}


@pytest.fixture(scope="module", params=sorted(DATASETS))
def standin(request):
    return request.param, decode_dataset(request.param, 64, {}, "")


def test_sets_are_balanced_and_few_shot(standin):
    name, data = standin
    facts = DATASETS[name]
    classes = len(facts["classes"])
    assert np.bincount(data.labels[~data.is_test]).tolist() == [facts["train_per_class"]] * classes
    assert np.bincount(data.labels[data.is_test]).tolist() == [facts["test_per_class"]] * classes
    assert data.images.shape == (len(data.labels), 1, 64, 64) and data.images.dtype == np.uint8
    assert len(np.unique(data.images.reshape(len(data.images), -1), axis=0)) == len(data.images)


def test_it_is_called_a_stand_in_everywhere():
    for name, facts in DATASETS.items():
        assert facts["stand_in"] is True and "stand-in" in facts["title"] and "standin" in name
    assert "stand-in" in check_dataset("sar_standin3").notes[0]


def test_generation_repeats_and_is_fast():
    start = time.process_time()
    one = decode_dataset("sar_standin3", 64, {}, "")
    assert time.process_time() - start < 3
    assert np.array_equal(one.images, decode_dataset("sar_standin3", 64, {}, "").images)


def test_the_sea_is_speckled(standin):
    _, data = standin
    sea = data.images[:, 0, :12, :12].reshape(len(data.images), -1).astype(float)
    spread = np.median(sea.std(1) / sea.mean(1))
    assert 0.2 < spread < 0.4  # amplitude of four looks of pure speckle: 0.26, a little more with the sea's texture


def test_label_noise_changes_training_labels_alone():
    clean, noisy = decode_dataset("sar_standin3", 64, {}, ""), decode_dataset("sar_standin3", 64, {"label_noise": 0.2}, "")
    changed = clean.labels != noisy.labels
    assert changed[~clean.is_test].sum() == 42 and not changed[clean.is_test].any()
    assert np.array_equal(clean.images, noisy.images) and "20% of the training labels" in noisy.notes[1]


def test_without_clutter_the_sea_is_black():
    quiet = decode_dataset("sar_standin3", 64, {"clutter": "none"}, "")
    assert np.median(quiet.images[:, 0, :6, :6]) <= 2 and quiet.images.max() == 255


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"label_noise": 2}, "not a share between 0 and 1"),
        ({"clutter": "fog"}, "allowed: none, speckle"),
        ({"x": 1}, "no option 'x'"),
    ],
)
def test_wrong_options_are_one_line(options, words):
    with pytest.raises(BenchError, match=words):
        decode_dataset("sar_standin3", 64, options, "")


def test_resizing_keeps_the_set(standin):
    name, data = standin
    small = decode_dataset(name, 32, {}, "")
    assert small.images.shape[-1] == 32 and np.array_equal(small.labels, data.labels)


def small_network(classes):
    layers, before = [], 3
    for width in (16, 32, 64):
        layers += [nn.Conv2d(before, width, 3, 2, 1), nn.BatchNorm2d(width), nn.ReLU()]
        layers += [nn.Conv2d(width, width, 3, 1, 1), nn.BatchNorm2d(width), nn.ReLU()]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes))


def accuracy_of_a_small_network(data, epochs):
    images, labels, is_test = (torch.from_numpy(array) for array in (data.images, data.labels, data.is_test))
    torch.manual_seed(0)
    net = small_network(int(labels.max()) + 1)
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    batches = Batches(images[~is_test], labels[~is_test], RECIPE, seed=0)
    for epoch in range(1, epochs + 1):
        for batch in batches.epoch(epoch):
            optimiser.zero_grad()
            F.cross_entropy(net(batch.views[0]), batch.labels).backward()
            optimiser.step()
        schedule.step()
    net.eval()
    with torch.no_grad():
        hits = [net(b.views[0]).argmax(1) == b.labels for b in evaluation_batches(images[is_test], labels[is_test], RECIPE)]
    return 100 * torch.cat(hits).float().mean().item()


def accuracy_of_a_linear_model(data):
    """Logistic regression on every second pixel's mean, the better of two penalties."""
    pixels = data.images.reshape(-1, 32, 2, 32, 2).mean((2, 4)).reshape(len(data.images), -1)
    pixels = (pixels - pixels.mean(0)) / pixels.std(0)
    train, test = ~data.is_test, data.is_test
    models = [LogisticRegression(C=strength, max_iter=500, tol=1e-3) for strength in (1e-4, 1e-2)]
    return 100 * max(m.fit(pixels[train], data.labels[train]).score(pixels[test], data.labels[test]) for m in models)


def test_a_linear_model_is_clearly_worse_than_a_small_network_which_is_not_saturated(standin):
    _, data = standin
    linear, network = accuracy_of_a_linear_model(data), accuracy_of_a_small_network(data, epochs=30)
    print(f"linear {linear:.1f} %, small network {network:.1f} %")
    assert linear + 8 < network
    assert 60 < network < 92
