"""A fixed split that keeps together what belongs together."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from bench.data.store.texts import whole_number

TEST_SHARE = 0.3
NO_NUMBER = ("", "0", "0.0", "-", "na", "n/a", "nan", "none", "null")  # how tables leave a ship's number out
LARGEST_MMSI = 999_999_999


def grouped_split(labels: np.ndarray, groups: Sequence[str], test_share: float = TEST_SHARE) -> np.ndarray:
    """Which chips are for testing: stratified by class, no group in both splits, no random state.

    The groups of a class are ordered by a hash of their name and given to the test split while they fit into its share. A new
    ship therefore moves few of the others, and the order of files does not matter.

    Parameters
    ----------
    labels
        int64, (N,).
    groups
        A name for each chip; chips of one name stay together (a ship's MMSI).
    test_share
        Share of every class's chips that the test split gets at most, up to rounding, in [0, 1].

    Returns
    -------
    numpy.ndarray
        bool, (N,). A class of at least two groups has a chip in each split.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    by_class: dict[int, list[str]] = defaultdict(list)
    for group, indices in members.items():
        counts = Counter(int(labels[index]) for index in indices)
        by_class[min(counts, key=lambda label: (-counts[label], label))].append(group)
    is_test = np.zeros(len(labels), dtype=bool)
    for owned in by_class.values():
        for group in _test_groups({group: len(members[group]) for group in owned}, test_share):
            is_test[members[group]] = True
    return is_test


def balanced_split(labels: np.ndarray, names: Sequence[str], train_share: float = 1 - TEST_SHARE) -> np.ndarray:
    """Which chips are for testing where every class gives the same number to train on: all the others, whatever they show.

    Parameters
    ----------
    labels
        int64, (N,).
    names
        One for each chip, its own; those of a class are ordered by a hash of it.
    train_share
        Of the smallest class, rounded down; every class gives as many chips, one at least.

    Returns
    -------
    numpy.ndarray
        bool, (N,).
    """
    is_test = np.ones(len(labels), dtype=bool)
    count = max(1, int(train_share * min(Counter(labels.tolist()).values(), default=0)))
    hashes = np.array([hashlib.sha256(name.encode()).hexdigest() for name in names])
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        is_test[members[np.argsort(hashes[members])][:count]] = False
    return is_test


def validation_split(labels: np.ndarray, groups: np.ndarray | None, share: float, digest: str) -> np.ndarray:
    """Which training images are held out: a function of the data and the share alone, so that methods and seeds share it.

    Parameters
    ----------
    labels
        int64, (N,).
    groups
        int64, (N,): images of one number other than 0 stay together; ``None`` where every image stands alone.
    share
        Of every class, up to rounding, in (0, 0.5].
    digest
        Of the data.

    Returns
    -------
    numpy.ndarray
        bool, (N,).
    """
    together = np.zeros(len(labels), dtype=np.int64) if groups is None else groups
    names = [f"{digest} group {group}" if group else f"{digest} image {index}" for index, group in enumerate(together.tolist())]
    return grouped_split(labels, names, share)


def group_number(name: str) -> int:
    """A number for the group of that name, the same on every machine; 0 for no name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big") + 1 if name else 0


def ship_group(mmsi: str, where: str) -> str | None:
    """The group of a ship with this MMSI; ``None`` where there is none.

    Raises
    ------
    BenchError
        If it is something else than a number of at most nine digits.
    """
    if mmsi.strip().lower() in NO_NUMBER:
        return None
    return f"mmsi {whole_number(mmsi, f'{where}, MMSI', 1, LARGEST_MMSI)}"


def _test_groups(sizes: dict[str, int], test_share: float) -> list[str]:
    target = round(test_share * sum(sizes.values()))
    order = sorted(sizes, key=lambda group: hashlib.sha256(group.encode()).hexdigest())
    chosen: list[str] = []
    taken = 0
    for group in order:
        if taken + sizes[group] <= target and len(chosen) + 1 < len(order):
            chosen.append(group)
            taken += sizes[group]
    if not chosen and len(order) > 1 and test_share > 0:
        chosen = [min(order, key=lambda group: sizes[group])]
    return chosen
