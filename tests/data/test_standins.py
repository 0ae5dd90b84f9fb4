"""The stand-ins of the photographic sets: balanced, the same on every call, called stand-ins, and no two classes alike."""

import numpy as np
import pytest

from bench.data import check_dataset
from bench.data.drawing import EXPRESSIONS, OBJECTS, SCENES
from bench.data.store.reading import decode_dataset
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts

SETS = {"digits": (10, 1), "objects_standin20": (20, 3), "scenes_standin8": (8, 3), "faces_standin7": (7, 1)}
DRAWN = {"objects_standin20": OBJECTS, "scenes_standin8": SCENES, "faces_standin7": EXPRESSIONS}


@pytest.mark.parametrize("name", SETS)
def test_it_is_balanced_repeats_and_tests_on_other_images(name):
    classes, channels = SETS[name]
    one, other = (decode_dataset(name, 32, {}, "") for _ in range(2))
    assert np.array_equal(one.images, other.images) and np.array_equal(one.labels, other.labels)
    assert one.images.shape[1:] == (channels, 32, 32) and one.images.dtype == np.uint8
    for side in (one.labels[~one.is_test], one.labels[one.is_test]):
        counts = np.bincount(side, minlength=classes)
        assert len(counts) == classes and counts.min() == counts.max() > 10
    train = {image.tobytes() for image in one.images[~one.is_test]}
    assert not train & {image.tobytes() for image in one.images[one.is_test]}
    check = check_dataset(name)
    assert check.ok and check.stand_in and "stand-in" in check.notes[0]


@pytest.mark.parametrize("name", DRAWN)
def test_the_names_are_those_of_what_is_drawn(name):
    assert tuple(dataset_facts(name)["classes"]) == DRAWN[name]


@pytest.mark.parametrize("name", SETS)
def test_it_has_no_options(name):
    with pytest.raises(BenchError, match="has no option 'colour'"):
        decode_dataset(name, 32, {"colour": 1}, "")


def test_a_dataset_s_own_file_that_cannot_be_used_is_one_line(monkeypatch):
    from types import SimpleNamespace

    from bench.data.store import registry

    for module, words in (
        (
            SimpleNamespace(decode=print),
            "digits.py has no samples(source) (decode and listing are called no more); a dataset's file",
        ),
        (SimpleNamespace(), "digits.py has no samples(source); a dataset's file holds DATASETS and samples(source)"),
    ):
        monkeypatch.setattr(registry.importlib, "import_module", lambda name, module=module: module)
        with pytest.raises(BenchError) as fault:
            decode_dataset("digits", 8, {}, "")
        assert str(fault.value).startswith(words)
    monkeypatch.setattr(registry.importlib, "import_module", lambda name: 1 / 0)
    with pytest.raises(BenchError, match=r"^digits\.py cannot be imported \(ZeroDivisionError: division by zero\); "):
        decode_dataset("digits", 8, {}, "")
