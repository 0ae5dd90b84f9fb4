import functools
import json
import multiprocessing
import os
import threading

import numpy as np
import pytest
import torch
from projects.scenes import scene_files, scene_name, write_zip

from bench.data import check_dataset, load_dataset, prepare_dataset
from bench.data.store.manifest import ARRAYS
from bench.data.store.registry import family_of
from bench.data.store.source import opened_source
from bench.plan import BenchError

NAME = "sar_standin3"


def folder(tmp_path, size=16):
    return tmp_path / f"{NAME}-{size}px"


REAL = family_of(NAME).samples


@functools.lru_cache
def generated(name, options):
    with opened_source(name, json.loads(options), "") as source:
        return list(REAL(source)), list(source.notes)


@pytest.fixture(autouse=True)
def decodings(monkeypatch):
    """How often stand-ins were asked for; each is generated once, to save time."""
    calls = []

    def samples(source):
        calls.append(source.name)
        found, notes = generated(source.name, json.dumps(source.options))
        source.notes += notes
        yield from found

    monkeypatch.setattr(family_of(NAME), "samples", samples)
    return calls


def test_what_is_loaded(tmp_path):
    data = load_dataset(NAME, 16, cache_dir=tmp_path)
    assert data.classes == ("bulk carrier", "container ship", "tanker") and data.num_classes == 3 and data.stand_in
    assert data.train.images.shape == (210, 1, 16, 16) and data.train.images.dtype == torch.uint8
    assert data.test.labels.shape == (180,) and data.test.labels.dtype == torch.int64
    assert len(data.digest) == 64


def test_the_second_time_nothing_is_decoded_or_written(tmp_path, decodings):
    one = load_dataset(NAME, 16, cache_dir=tmp_path)
    times = {path.name: path.stat().st_mtime_ns for path in folder(tmp_path).iterdir()}
    two = load_dataset(NAME, 16, cache_dir=tmp_path)
    prepare_dataset(NAME, 16, cache_dir=tmp_path)
    assert len(decodings) == 1 and one.digest == two.digest
    assert torch.equal(one.train.images, two.train.images)
    assert times == {path.name: path.stat().st_mtime_ns for path in folder(tmp_path).iterdir()}
    assert set(times) == {"manifest.json", "source.json", *(f"{array}.npy" for array in ARRAYS)}


def test_the_manifest_says_what_it_is_and_not_where_or_when(tmp_path):
    manifest = prepare_dataset(NAME, 16, cache_dir=tmp_path)
    text = (folder(tmp_path) / "manifest.json").read_text()
    assert json.loads(text) == manifest
    assert manifest["counts"]["train"] == {"bulk carrier": 70, "container ship": 70, "tanker": 70}
    assert manifest["key"] == "sar_standin3-16px" and manifest["stand_in"] and "stand-in" in manifest["title"]
    assert str(tmp_path) not in text and not {"date", "time", "created"} & set(manifest)
    prepare_dataset(NAME, 16, cache_dir=tmp_path / "elsewhere")
    assert (folder(tmp_path / "elsewhere") / "manifest.json").read_text() == text


@pytest.mark.parametrize("fault", ["cut", "flip", "gone", "empty", "manifest", "pickle", "version"])
def test_a_damaged_cache_is_decoded_anew(tmp_path, decodings, fault):
    whole = load_dataset(NAME, 16, cache_dir=tmp_path)
    images = whole.test.images.clone()  # what is done to the file in place shows through the map
    path = folder(tmp_path) / "test_images.npy"
    content = path.read_bytes()
    if fault == "cut":
        path.write_bytes(content[:-100])
    elif fault == "flip":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif fault == "gone":
        path.unlink()
    elif fault == "empty":
        path.write_bytes(b"")
    elif fault == "pickle":
        np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    else:
        manifest = folder(tmp_path) / "manifest.json"
        manifest.write_text(
            "{" if fault == "manifest" else manifest.read_text().replace('"loader_version": 2', '"loader_version": 1')
        )
    again = load_dataset(NAME, 16, cache_dir=tmp_path)
    assert len(decodings) == 2 and again.digest == whole.digest
    assert torch.equal(again.test.images, images)


def test_writing_to_loaded_images_never_reaches_the_file(tmp_path, decodings):
    load_dataset(NAME, 16, cache_dir=tmp_path).train.images.zero_()
    assert load_dataset(NAME, 16, cache_dir=tmp_path).train.images.any() and len(decodings) == 1


def test_other_options_are_another_dataset(tmp_path):
    plain = load_dataset(NAME, 16, cache_dir=tmp_path)
    noisy = load_dataset(NAME, 16, {"label_noise": 0.5}, cache_dir=tmp_path)
    assert plain.digest != noisy.digest and len([path for path in tmp_path.iterdir() if path.is_dir()]) == 2


def test_changed_source_files_are_read_again(tmp_path, scenes):
    def load():
        return load_dataset("opensarship", 16, data_dir=scenes, cache_dir=tmp_path / "cache")

    before = load()
    archive = next((scenes / "OpenSARShip").glob("*20150101*.zip"))
    archive.rename(tmp_path / "kept.zip")
    after = load()
    assert len(after.train) < len(before.train) and after.digest != before.digest
    (tmp_path / "kept.zip").rename(archive)
    assert load().digest == before.digest
    manifest = next((tmp_path / "cache").glob("*/manifest.json"))
    old = manifest.read_text()
    os.utime(archive)
    assert load().digest == before.digest and manifest.read_text() == old


def test_no_ship_is_on_both_sides_of_what_is_held_out(tmp_path, scenes):
    write_zip(scenes / "OpenSARShip" / f"{scene_name('20180404')}.zip", scene_files(1000))  # the ships of the first, later
    data = load_dataset("opensarship", 16, data_dir=scenes, cache_dir=tmp_path / "cache")
    share = {"share": 0.4}
    held, ships = data.held_out(share), np.array(data.groups)
    assert 0 < len(held.validation) < len(data.train) and len(set(ships.tolist())) < len(ships)
    pixels = [set(map(bytes, side.images.numpy())) for side in (held.train, held.validation)]
    places = [{ship for ship, image in zip(ships, data.train.images.numpy(), strict=True) if bytes(image) in p} for p in pixels]
    assert places[0] | places[1] == set(ships.tolist()) and not places[0] & places[1]
    groups = next((tmp_path / "cache").glob("*/train_groups.npy"))
    groups.write_bytes(groups.read_bytes()[:-1] + b"?")  # is noticed, and made again
    assert (load_dataset("opensarship", 16, data_dir=scenes, cache_dir=tmp_path / "cache").groups == ships).all()


def test_an_intact_cache_does_without_its_source_but_preparing_does_not(tmp_path, scenes):
    cached = tmp_path / "cache"
    before = prepare_dataset("opensarship", 16, data_dir=scenes, cache_dir=cached)
    assert load_dataset("opensarship", 16, data_dir="", cache_dir=cached).digest == before["digest"]
    with pytest.raises(BenchError, match="data_dir is not set"):
        prepare_dataset("opensarship", 16, data_dir="", cache_dir=cached)


def test_two_at_once_decode_once(tmp_path, decodings):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(load_dataset(NAME, 16, cache_dir=tmp_path).digest)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1 and len(decodings) == 1


def test_two_processes_agree(tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        digests = pool.starmap(prepare_dataset, [(NAME, 16, None, "", tmp_path)] * 2)
    assert digests[0] == digests[1]
    assert not [path for path in folder(tmp_path).iterdir() if path.name.startswith(".")]


def test_a_missing_dataset_is_one_line(tmp_path):
    for where, words in (
        ("", "needs its files and data_dir is not set"),
        (tmp_path / "no", "is not a folder"),
        (tmp_path, "no folder 'fusar/'"),
    ):
        with pytest.raises(BenchError, match=words) as caught:
            load_dataset("fusar", 16, data_dir=where, cache_dir=tmp_path / "cache")
        assert "\n" not in str(caught.value) and "FUSAR-Ship" in str(caught.value)
    check = check_dataset("fusar", data_dir=tmp_path)
    assert not check.ok and "no folder 'fusar/'" in check.problems[0]


def test_unknown_names_and_options_are_told_with_what_exists(tmp_path):
    with pytest.raises(BenchError, match=r"unknown dataset 'sar_standin4'.*did you mean"):
        load_dataset("sar_standin4", 16, cache_dir=tmp_path)
    with pytest.raises(BenchError, match=r"no option 'label_nose'.*did you mean 'label_noise'"):
        load_dataset(NAME, 16, {"label_nose": 0.1}, cache_dir=tmp_path)


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match="data cache 'sar_standin3-16px': cannot be read or written"):
        load_dataset(NAME, 16, cache_dir=tmp_path / "file")
