import subprocess
import sys

import torch

from bench.data import generator, mix
from bench.data.loading.seeding import Draws


def test_the_same_words_give_the_same_seed_in_another_process():
    code = "from bench.data.loading.seeding import mix; print(mix(3, 'order', 7, 1))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(other.stdout) == mix(3, "order", 7, 1)


def test_seeds_are_63_bits_and_differ_in_every_word():
    seeds = {mix(seed, word, epoch, step) for seed in range(5) for word in "ab" for epoch in range(5) for step in range(5)}
    assert len(seeds) == 250
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_numbers_words_and_boundaries_are_told_apart():
    assert len({mix(1, 2), mix(1, "2"), mix(12), mix(1, 2, ""), mix(1, "2", ""), mix(1, "a", "b"), mix(1, "ab")}) == 7


def test_a_generator_draws_as_its_seed_says():
    assert torch.equal(torch.rand(4, generator=generator(1, "x")), torch.rand(4, generator=generator(1, "x")))
    assert not torch.equal(torch.rand(4, generator=generator(1, "x")), torch.rand(4, generator=generator(2, "x")))


def test_a_generator_that_is_kept_draws_what_a_fresh_one_would():
    draws = Draws(3, "cpu")
    for step in (0, 1, 0):
        kept = draws.of("view", 1, epoch=2, step=step)
        torch.rand(3, generator=draws.of("partners", epoch=2, step=step))  # another purpose is another generator
        fresh = generator(3, "view", 1, 2, step)
        assert torch.equal(torch.randn(5, generator=kept), torch.randn(5, generator=fresh))
    assert len(draws.generators) == 2
