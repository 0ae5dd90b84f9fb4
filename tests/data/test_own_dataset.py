"""The dataset that docs/data.md adds runs as it stands there."""

import re
import sys
from types import ModuleType

from projects.copies import picture, put

from bench.data import check_dataset, load_dataset
from bench.plan import catalogue
from bench.plan.catalogue import ROOT


def test_the_documented_dataset_is_read(tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "data.md").read_text(), re.DOTALL)
    (tmp_path / "bench" / "data").mkdir(parents=True)
    (tmp_path / "bench" / "data" / "shapes2.py").write_text(code)
    module = ModuleType("bench.data.shapes2")
    exec(code, module.__dict__)
    monkeypatch.setitem(sys.modules, "bench.data.shapes2", module)
    monkeypatch.setattr(catalogue, "PACKAGE", tmp_path / "bench")
    files = {f"{split}/{word}/{index}.png": picture(10 * index + len(word) + len(split))
             for split in ("train", "test") for word in ("Square", "disc") for index in range(3)}  # fmt: skip
    put(tmp_path, "shapes2", files)
    check = check_dataset("shapes2", data_dir=tmp_path)
    assert check.ok and check.counts["train"] == {"square": 3, "disc": 3}
    assert "6 train images, the set has 400" in check.notes
    assert load_dataset("shapes2", 16, {}, tmp_path, tmp_path / "cache").train.images.shape == (6, 3, 16, 16)
    put(tmp_path, "shapes2", {"train/ring/1.png": picture(1)})
    assert "folder 'ring' is none of the classes square, disc" in check_dataset("shapes2", data_dir=tmp_path).problems[0]
