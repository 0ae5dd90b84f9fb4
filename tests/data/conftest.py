"""A small copy of OpenSARShip's layouts, and the real sample where it is there."""

from pathlib import Path

import pytest
from projects.scenes import scene_files, scene_name, write_folder, write_zip
from projects.shared import one_thread  # noqa: F401 -- for every test here
from projects.shelf import Shelf

SAMPLE = Path(__file__).resolve().parents[2].parent / "shared" / "datasets"


@pytest.fixture
def sample():
    """The folder that holds the real sample's ``opensarship``."""
    if not (SAMPLE / "opensarship").is_dir():
        pytest.skip("the real OpenSARShip sample is not beside the checkout (../shared/datasets/opensarship)")
    return SAMPLE


@pytest.fixture
def scenes(tmp_path):
    """A data folder with a version-1 archive, a version-2 archive and an unpacked scene with one polarisation."""
    root = tmp_path / "data" / "OpenSARShip"
    first, second, third = scene_name("20150101"), scene_name("20160202"), scene_name("20170303", dual=False)
    write_zip(root / f"{first}.zip", scene_files(1000), top=f"{first}/")
    write_zip(root / f"{second}.zip", scene_files(2000))
    write_folder(root / third, scene_files(3000, dual=False))
    return tmp_path / "data"


@pytest.fixture
def recipe():
    return {
        "image_size": 16,
        "batch_size": 8,
        "augmentation": [{"horizontal_flip": 0.5}, {"vertical_flip": 0.5}],
        "normalise": {"mean": [0.5], "std": [0.5]},
    }


@pytest.fixture
def shelf():
    """A web server on this machine; see ``shelf.py``."""
    with Shelf() as server:
        yield server
