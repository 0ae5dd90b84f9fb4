"""Logits of a frozen teacher that are kept: the same training bit for bit, and the network asked far less."""

import pytest
import torch
from projects.squares import trained

from bench.backbones import Network
from bench.tasks import build_network
from bench.train import Machine, build_training
from bench.train.frozen import KeptLogits, is_worth_keeping, views_of

CPU = torch.device("cpu")
FLIPS = [{"horizontal_flip": 0.5}, {"vertical_flip": 0.5}]


@pytest.mark.parametrize(
    "augmentation, views", [([], 1), (FLIPS[:1], 2), (FLIPS, 4), (FLIPS * 2, 4), ([*FLIPS, {"random_crop": 4}], 0)]
)
def test_views_are_counted_where_they_are_finite(augmentation, views):
    assert views_of({"augmentation": augmentation}) == views


@pytest.mark.parametrize("epochs, device, expected", [(32, "cpu", True), (31, "cpu", False), (100, "cuda", False)])
def test_it_is_worth_it_in_long_trainings_on_a_cpu(epochs, device, expected):
    assert is_worth_keeping({"augmentation": FLIPS, "epochs": epochs}, torch.device(device)) is expected


@pytest.mark.parametrize("name", ["resnet18", "vgg11_bn", "densenet121"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_is_kept_is_what_the_network_says_beside_other_images(name, precision):
    torch.manual_seed(0)
    network = build_network(name, 3, width=0.125).to(memory_format=torch.channels_last).eval()
    images = torch.randn(24, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    kept = KeptLogits(network, 100)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        for batch in (images[:12], images[12:]):
            kept(batch)
        kept.network = None
        mixed = images[torch.randperm(24)[:12]]
        assert torch.equal(kept(mixed), network(mixed))


def test_more_images_than_its_limit_are_answered_by_the_network():
    kept = KeptLogits(lambda images: images.sum((1, 2, 3))[:, None], 6)
    for _ in range(3):
        images = torch.randn(4, 3, 2, 2)
        assert torch.equal(kept(images), kept.network(images))
    assert not kept.known


def test_a_training_is_the_same_bit_for_bit_and_asks_its_teacher_less(config, squares, tmp_path, monkeypatch, teacher):
    asked = []
    plain = Network.forward

    def forward(network, images):
        asked.append(network is theirs)
        return plain(network, images)

    outcomes, counts = [], []
    monkeypatch.setattr(Network, "forward", forward)
    for name, worth in (("kept", True), ("asked", False)):
        monkeypatch.setattr("bench.train.setup.is_worth_keeping", lambda *_, worth=worth: worth)
        theirs = teacher()
        asked.clear()
        made = config("tfkd", batch_size=30, epochs=3, augmentation=[])
        outcome, _ = trained(made, squares, Machine.of("cpu", "fp32", 1), tmp_path / name, {"offline": theirs})
        outcomes.append((outcome.curve["loss"], outcome.metrics))
        counts.append(sum(asked))
    assert outcomes[0] == outcomes[1]
    assert counts == [2, 6]


def test_a_long_training_keeps_them(config, squares, machine, teacher):
    def built(epochs):
        return build_training(config("tfkd", epochs=epochs), squares, {"offline": teacher()}, machine).method.answers

    assert not built(12) and set(built(16)) == {"offline"}
