"""Files with a checksum: any damage is found, and a part can be skipped."""

import pytest
from projects.damage import DAMAGES

from bench.records.files import BODY, DamagedFile, read_json, write_json
from bench.records.record import state_of


@pytest.mark.parametrize("damage", DAMAGES)
def test_any_damage_of_a_record_is_found(tmp_path, damage):
    path = tmp_path / "x.json"
    write_json(path, {"status": "finished", "curve": {"loss": [0.1, float("nan")]}})
    assert read_json(path) == {"status": "finished", "curve": {"loss": [0.1, None]}}
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert state_of(path).kind == "damaged"
    with pytest.raises(DamagedFile):
        read_json(path)


@pytest.mark.parametrize(
    "content",
    [
        {"curve": {"loss": [1.0, 2.0], "x": []}, "status": "finished"},
        {"a": {"curve": {"x": [1]}}, "curve": {"loss": [1.0]}},
        {"a": '"curve": {', "curve": {}},
        {"curve": 3, "z": {"b": 1}},
        {"z": 1},
    ],
)
def test_a_curve_can_be_skipped(tmp_path, content):
    path = tmp_path / "x.json"
    write_json(path, content)
    without = {**content, "curve": {}} if isinstance(content.get("curve"), dict) else content
    assert read_json(path, "curve") == without


def test_every_single_bit_counts(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"attempt": 3, "status": "failed"})
    content = path.read_bytes()
    assert state_of(path).attempt == 3
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert state_of(path).kind == "damaged", place
    assert len(content) > BODY
