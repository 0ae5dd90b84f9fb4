"""What a probe leaves: the same bytes for the same values, and no stale or damaged file is taken."""

import numpy as np
import pytest
from projects.figures import FigureProject

from bench.plan import BenchError
from bench.probes import Probe, ProbedNetwork, is_damaged, probe_fingerprint, probe_path, read_probe
from bench.probes.shared.store import write_probe
from bench.records.files import read_json, write_json

FINGERPRINT = {"config": "a" * 16, "code": "b" * 16}


@pytest.fixture
def kept(tmp_path):
    project = FigureProject(tmp_path)
    figure, run = project.plan.figure("tiny", "figure3"), project.run("baseline").id
    data = {"name": "digits", "digest": "0" * 64, "stand_in": True, "classes": ["a", "b"]}
    facts, arrays = {"train_accuracy": 90.0, "images": 10}, {"sorted": np.array([90.0, 10.0])}
    networks = (
        ProbedNetwork(run, "finished", "", (3,), 3, FINGERPRINT, data, facts, arrays),
        ProbedNetwork(f"{run}1", "diverged", "loss is NaN", (3,), 3, FINGERPRINT, data),
    )
    path = tmp_path / "figure3.json"
    write_probe(path, Probe("tiny/figure3", probe_fingerprint(figure), networks))
    return path, figure, networks


def test_it_reads_back(kept):
    path, figure, networks = kept
    found = read_probe(path, figure, {networks[0].run: FINGERPRINT}).networks
    assert found[0].facts == networks[0].facts and found[0].epochs == (3,)
    assert (found[0].arrays["sorted"] == [90.0, 10.0]).all()
    assert (found[1].status, dict(found[1].arrays)) == ("diverged", {})
    before = [path.read_bytes(), path.with_suffix(".npz").read_bytes()]
    write_probe(path, Probe("tiny/figure3", probe_fingerprint(figure), networks))
    assert [path.read_bytes(), path.with_suffix(".npz").read_bytes()] == before


def test_what_is_missing_damaged_or_stale_is_one_line(kept, tmp_path):
    path, figure, networks = kept
    with pytest.raises(BenchError, match="trained again since; python -m bench probe"):
        read_probe(path, figure, {networks[0].run: {**FINGERPRINT, "code": "c" * 16}})
    content = read_json(path)
    write_json(path, {**content, "fingerprint": "0" * 16})
    with pytest.raises(BenchError, match="of another layout or code"):
        read_probe(path, figure, {})
    write_json(path, {**content, "schema": 1})
    with pytest.raises(BenchError, match="another version of the suite wrote it; python -m bench probe"):
        read_probe(path, figure, {})
    kept_facts = content["networks"][0]
    for facts in (3, {**kept_facts, "run": []}, {**kept_facts, "trained": {}}, {**kept_facts, "data": {}}):
        write_json(path, {**content, "networks": [facts]})
        with pytest.raises(BenchError, match="damaged"):
            read_probe(path, figure, {})
    write_json(path, content)
    path.with_suffix(".npz").write_bytes(b"garbage")
    with pytest.raises(BenchError, match="damaged, or its arrays are not those beside it"):
        read_probe(path, figure, {})
    path.write_bytes(b"")
    with pytest.raises(BenchError, match="damaged .empty.; python -m bench probe"):
        read_probe(path, figure, {})
    with pytest.raises(BenchError, match="not looked at yet; python -m bench probe"):
        read_probe(tmp_path / "tiny" / "figure9.json", figure, {})


def test_damage_of_either_file_is_found_and_absence_is_none(kept):
    path, *_ = kept
    assert not is_damaged(path)
    for file in (path, path.with_suffix(".npz")):
        whole = file.read_bytes()
        file.write_bytes(whole[:-5])
        assert is_damaged(path)
        file.unlink()
        assert not is_damaged(path)  # it is missing, and made
        file.write_bytes(whole)


def test_a_title_changes_no_fingerprint_and_an_epoch_does(tmp_path):
    project = FigureProject(tmp_path)
    assert probe_path(project.plan, "tiny", "figure4").as_posix() == "results/probes/demo/tiny/figure4.json"
    before = probe_fingerprint(project.plan.figure("tiny", "figure4"))
    project.content["figures"]["figure4"].update(title="Another", note="A note.")
    project.write()
    assert probe_fingerprint(project.plan.figure("tiny", "figure4")) == before
    project.content["figures"]["figure4"]["epochs"] = [1.0]
    project.write()
    assert probe_fingerprint(project.plan.figure("tiny", "figure4")) != before
