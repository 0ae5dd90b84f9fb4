import numpy as np
import pytest

from bench.data.store.splits import balanced_split, grouped_split


@pytest.fixture
def chips():
    draw = np.random.default_rng(0)
    groups = [f"mmsi {number}" for number in draw.integers(0, 120, 400)]
    kind = {group: int(draw.integers(0, 3)) for group in sorted(set(groups))}
    return np.array([kind[group] for group in groups]), groups


def test_no_group_is_on_both_sides(chips):
    labels, groups = chips
    is_test = grouped_split(labels, groups)
    test = {group for group, side in zip(groups, is_test, strict=True) if side}
    train = {group for group, side in zip(groups, is_test, strict=True) if not side}
    assert test and train and not test & train


def test_every_class_gives_its_share(chips):
    labels, groups = chips
    is_test = grouped_split(labels, groups)
    for label in range(3):
        assert 0.25 < is_test[labels == label].mean() < 0.31  # up to rounding


def test_the_order_of_chips_does_not_matter(chips):
    labels, groups = chips
    order = np.random.default_rng(1).permutation(len(groups))
    shuffled = grouped_split(labels[order], [groups[index] for index in order])
    assert (shuffled == grouped_split(labels, groups)[order]).all()


def test_a_class_of_two_groups_has_one_on_each_side_and_of_one_group_none_for_testing():
    labels = np.array([0, 0, 0, 0, 0, 1, 1])
    is_test = grouped_split(labels, ["a", "a", "a", "b", "b", "c", "c"])
    assert is_test.tolist() == [False, False, False, True, True, False, False]


def test_a_group_whose_chips_disagree_stays_together():
    labels = np.array([0, 1, 1, 0, 0, 1, 1, 0, 1])
    groups = ["x", "x", "x", "a", "b", "c", "d", "e", "f"]
    assert len(set(grouped_split(labels, groups)[:3])) == 1


def test_a_balanced_split_trains_on_as_many_of_each_class_and_tests_on_the_rest(chips):
    labels, _ = chips
    names = [f"scene, x{index} y1" for index in range(len(labels))]
    is_test = balanced_split(labels, names)
    smallest = min(np.bincount(labels))
    assert np.bincount(labels[~is_test]).tolist() == [int(0.7 * smallest)] * 3
    order = np.random.default_rng(1).permutation(len(labels))
    assert (balanced_split(labels[order], [names[index] for index in order]) == is_test[order]).all()
