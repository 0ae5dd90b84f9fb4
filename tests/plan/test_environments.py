"""One set of pins, in three files."""

import re
import tomllib

import pytest
import yaml

from bench.plan.catalogue import ROOT


def pins(lines):
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def conda_pins(path):
    content = yaml.safe_load(path.read_text())
    (pip,) = [item["pip"] for item in content["dependencies"] if isinstance(item, dict)]
    return set(pip)


LOCK = pins((ROOT / "requirements.lock").read_text().splitlines())
ENVIRONMENTS = [ROOT / "environment.yml", ROOT / "workflow" / "envs" / "bench.yaml"]


def names(requirements):
    return {re.match(r"[A-Za-z0-9._-]+", item).group().lower().replace("_", "-").replace(".", "-") for item in requirements}


def versions(pins):
    """Without the platforms that a pin is for: a tree without the development tools may need less."""
    return {pin.split(" ; ")[0] for pin in pins}


def test_the_lock_pins_every_requirement_exactly():
    assert all("==" in pin for pin in LOCK)
    assert {"torch==2.12.0", "torchvision==0.27.0"} <= LOCK


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_conda_files_carry_the_lock_s_pins(path):
    assert versions(conda_pins(path)) <= versions(LOCK)


def test_every_dependency_is_pinned_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = names(project["dependencies"])
    assert wanted <= names(LOCK)
    for path in ENVIRONMENTS:
        assert wanted <= names(conda_pins(path))


def test_no_registry_address_is_in_them():
    for path in [ROOT / "requirements.lock", *ENVIRONMENTS]:
        assert "://" not in path.read_text()
