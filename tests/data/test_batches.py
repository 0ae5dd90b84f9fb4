import pytest
import torch

from bench.data import Batches, evaluation_batches
from bench.data.loading.batches import steps_per_epoch
from bench.plan import BenchError

N = 50


@pytest.fixture
def images():
    return torch.randint(0, 256, (N, 1, 16, 16), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


@pytest.fixture
def labels():
    return torch.arange(N) % 3


def same(one, two):
    assert all(torch.equal(a, b) for a, b in zip(one.views, two.views, strict=True))
    assert torch.equal(one.labels, two.labels) and torch.equal(one.indices, two.indices)
    if one.partners is not None:
        assert torch.equal(one.partners, two.partners) and torch.equal(one.partner_indices, two.partner_indices)


def test_an_epoch_visits_every_image_once(images, labels, recipe):
    batches = Batches(images, labels, recipe, seed=0)
    drawn = list(batches.epoch(1))
    assert len(drawn) == len(batches) == 7
    indices = torch.cat([batch.indices for batch in drawn])
    assert torch.equal(indices.sort().values, torch.arange(N))
    assert all(torch.equal(batch.labels, labels[batch.indices]) for batch in drawn)
    assert len(drawn[-1]) == 2


def test_orders_differ_between_epochs_and_seeds_and_repeat(images, labels, recipe):
    one, two = Batches(images, labels, recipe, seed=0), Batches(images, labels, recipe, seed=1)
    assert torch.equal(one.order(3), Batches(images, labels, recipe, seed=0).order(3))
    assert not torch.equal(one.order(3), one.order(4))
    assert not torch.equal(one.order(3), two.order(3))


@pytest.mark.parametrize("start", [0, 1, 4, 6, 7])
def test_a_resumed_epoch_draws_what_an_uninterrupted_one_draws(images, labels, recipe, start):
    whole = list(Batches(images, labels, recipe, seed=5, views=2, pairs=True).epoch(2))
    torch.rand(100)  # the global generator must not matter
    rest = list(Batches(images, labels, recipe, seed=5, views=2, pairs=True).epoch(2, start_step=start))
    assert len(rest) == len(whole) - start
    for one, two in zip(whole[start:], rest, strict=True):
        same(one, two)


def test_batches_leave_the_global_generator_alone(images, labels, recipe):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    list(Batches(images, labels, recipe, seed=0, views=2, pairs=True).epoch(1))
    assert torch.equal(before, torch.get_rng_state())


def test_views_are_independent_draws_of_the_whole_transform(images, labels, recipe):
    batches = Batches(images, labels, {**recipe, "batch_size": N}, seed=0, views=2)
    (batch,) = batches.epoch(1)
    agree = torch.tensor([torch.equal(a, b) for a, b in zip(*batch.views, strict=True)]).float().mean().item()
    assert 0.02 < agree < 0.5  # two independent draws of two fair flips agree a quarter of the time
    for view in batch.views:
        assert view.shape == (N, 3, 16, 16) and view.dtype == torch.float32
        assert view.is_contiguous(memory_format=torch.channels_last)


def test_one_view_is_the_first_of_two(images, labels, recipe):
    one = next(Batches(images, labels, recipe, seed=0).epoch(1))
    two = next(Batches(images, labels, recipe, seed=0, views=2, pairs=True).epoch(1))
    assert torch.equal(one.views[0], two.views[0])


def test_partners_are_of_the_same_class_and_spread_over_it(images, labels, recipe):
    batches = Batches(images, labels, {**recipe, "batch_size": N}, seed=0, pairs=True)
    seen = set()
    for epoch in range(1, 30):
        (batch,) = batches.epoch(epoch)
        assert torch.equal(labels[batch.partner_indices], batch.labels)
        assert batch.partners.shape == batch.views[0].shape
        zero = batch.partner_indices[batch.indices == 0].item()
        seen.add(zero)
    assert len(seen) > 8  # of 17 in the class
    assert next(Batches(images, labels, recipe, seed=0).epoch(1)).partners is None


@pytest.mark.parametrize(
    ("images_", "size", "drop", "steps"),
    [(64, 8, False, 8), (65, 8, False, 8), (66, 8, False, 9), (66, 8, True, 8), (3, 8, False, 1), (5, 1, False, 5)],
)
def test_a_last_batch_of_one_image_is_dropped(images_, size, drop, steps):
    assert steps_per_epoch(images_, size, drop) == steps


def test_too_large_a_batch_is_told():
    with pytest.raises(BenchError, match="batch_size 64 leaves no training step with 10 training images"):
        steps_per_epoch(10, 64, drop_last=True)


def test_evaluation_goes_through_all_images_in_order_and_again(images, labels, recipe):
    batches = evaluation_batches(images, labels, recipe, batch_size=16)
    assert len(batches) == 4
    first, second = list(batches), list(batches)
    assert torch.equal(torch.cat([batch.indices for batch in first]), torch.arange(N))
    for one, two in zip(first, second, strict=True):
        same(one, two)
    expected = (images.float() / 255 - 0.5) / 0.5
    assert torch.allclose(torch.cat([batch.views[0] for batch in first])[:, :1], expected, atol=1e-6)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_the_order_is_that_of_the_cpu_and_draws_repeat(images, labels, recipe):
    batches = [
        Batches(images, labels, recipe, seed=1, device=device, views=2, pairs=True) for device in ("cpu", "cuda", "cuda")
    ]
    host, one, two = (next(each.epoch(1)) for each in batches)
    assert torch.equal(host.indices, one.indices.cpu())
    same(one, two)
    assert one.views[0].is_cuda
