"""Fetching against a server on this machine: resumed, checked, mirrored; nothing leaves the machine."""

import errno
import gzip
import hashlib
import json
import re
import shutil
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.data.fetching import fetch, fetch_dataset, transfer
from bench.data.fetching.downloads import ASK, DOWNLOADS, Download, downloads_of
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts, dataset_files

FILE = "cifar-10-python.tar.gz"
CONTENT = bytes(range(256)) * 2000  # half a megabyte


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(transfer, "WAIT", 0)


@pytest.fixture
def cifar(monkeypatch, shelf):
    """Sets what CIFAR-10's one file is; gives a function that fetches it and returns what was said."""

    def fetch(root, *urls, content=CONTENT, mirror="", **traits):
        facts = {"limit": len(content), "checksum": "sha256:" + hashlib.sha256(content).hexdigest(), "recorded_by": "a test"}
        monkeypatch.setitem(DOWNLOADS, "cifar10", (Download(FILE, urls, **{**facts, **traits}),))
        said = []
        fetch_dataset("cifar10", root, mirror, said.append)
        return said

    return fetch


def content_of(root, name="cifar10"):
    return (root / name / FILE).read_bytes()


def left(root):
    return sorted(path.name for path in (root / "cifar10").iterdir())


def test_every_address_is_https_and_every_checksum_well_formed():
    length = {"sha256": 64, "sha1": 40, "md5": 32}
    for name, items in DOWNLOADS.items():
        assert items == downloads_of(name)
        for item in items:
            plain = ("http://", "https://") if item.checksum else "https://"  # a checksum tells what was changed on the way
            assert item.urls and all(url.startswith(plain) for url in item.urls), item
            assert all(url.split("?")[0].endswith(f"/{item.file}") for url in item.urls), item
            assert 0 < item.limit <= (item.size or 4 * 2**30) and item.size in (None, item.limit)
            assert bool(item.checksum) == bool(item.recorded_by)
            if item.checksum:
                algorithm, digits = item.checksum.split(":")
                assert re.fullmatch("[0-9a-f]+", digits) and len(digits) == length[algorithm], item


def test_every_real_set_can_be_fetched_or_says_where_to_ask(tmp_path):
    for name in dataset_files():
        facts = dataset_facts(name)
        assert (name in DOWNLOADS) + (name in ASK) == bool(facts.get("folders")), name
        if name in ASK:
            with pytest.raises(BenchError) as fault:
                fetch_dataset(name, tmp_path)
            assert ASK[name] in str(fault.value) and facts["layout"] in str(fault.value)
    with pytest.raises(BenchError, match="needs no files"):
        fetch_dataset("digits", tmp_path)
    with pytest.raises(BenchError, match="unknown dataset"):
        fetch_dataset("cifar11", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_whole_download_and_no_second_one(tmp_path, shelf, cifar):
    url = shelf.put("a", CONTENT)
    said = cifar(tmp_path, url)
    assert content_of(tmp_path) == CONTENT and left(tmp_path) == [FILE, "downloads.json"]
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert "sha256 is right (recorded by a test)" in said[-1] and digest in said[-1]
    record = json.loads((tmp_path / "cifar10" / "downloads.json").read_text())
    assert record == {FILE: {"url": url, "bytes": len(CONTENT), "sha256": digest}}
    assert "already there" in cifar(tmp_path, url)[-1] and len(shelf.asked) == 1


@pytest.mark.parametrize("algorithm", ["md5", "sha1"])
def test_older_checksums_are_checked_too(tmp_path, shelf, cifar, algorithm):
    url = shelf.put("a", CONTENT)
    right = hashlib.new(algorithm, CONTENT).hexdigest()
    assert f"{algorithm} is right" in cifar(tmp_path / "right", url, checksum=f"{algorithm}:{right}")[-1]
    with pytest.raises(BenchError, match=f"{algorithm} {right}, expected 00"):
        cifar(tmp_path / "wrong", url, checksum=f"{algorithm}:{'0' * len(right)}")
    assert left(tmp_path / "wrong") == []


def test_a_cut_connection_is_resumed_where_it_broke_off(tmp_path, shelf, cifar):
    url = shelf.put("a", CONTENT, cuts=[300_000])
    said = cifar(tmp_path, url)
    assert content_of(tmp_path) == CONTENT and any("trying again" in line for line in said)
    (_, first, _), (_, second, condition) = shelf.asked
    assert first is None and condition == '"1"'
    start = int(re.fullmatch(r"bytes=(\d+)-", second)[1])
    assert 300_000 - transfer.CHUNK <= start <= 300_000 and shelf.sent[1] == CONTENT[start:]


def test_a_later_call_resumes_what_an_earlier_one_left(tmp_path, shelf, cifar):
    url = shelf.put("a", CONTENT, cuts=[200_000] + [0] * 9)
    with pytest.raises(BenchError, match="bytes are kept and the same command goes on"):
        cifar(tmp_path, url)
    assert left(tmp_path) == [f"{FILE}.part", f"{FILE}.part.json"]
    shelf.items["a"].cuts.clear()
    cifar(tmp_path, url)
    assert content_of(tmp_path) == CONTENT and len(shelf.sent[-1]) < len(CONTENT) - 100_000


def test_an_interrupt_leaves_the_part(tmp_path, shelf, cifar, monkeypatch):
    url = shelf.put("a", CONTENT)
    cifar(tmp_path / "other", url)  # sets what the file is

    def stop(file, done, total):
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_dataset("cifar10", tmp_path, "", print, stop)
    assert left(tmp_path) == [f"{FILE}.part", f"{FILE}.part.json"]
    cifar(tmp_path, url)
    assert content_of(tmp_path) == CONTENT and shelf.asked[-1][1]
    monkeypatch.setattr("bench.data.fetching.fetch_dataset", lambda *words: stop("", 100_001, None))
    done = CliRunner().invoke(app, ["data", "fetch", "cifar10", "--into", str(tmp_path)])
    assert isinstance(done.exception, BenchError) and "interrupted; what has come is kept" in str(done.exception)


def test_a_server_that_ignores_ranges_is_read_from_the_start(tmp_path, shelf, cifar):
    url = shelf.put("a", CONTENT, cuts=[300_000], ranges=False)
    cifar(tmp_path, url)
    assert content_of(tmp_path) == CONTENT and shelf.sent[1] == CONTENT


def test_a_file_that_changed_in_between_is_read_from_the_start(tmp_path, shelf, cifar):
    other = CONTENT[::-1]
    url = shelf.put("a", CONTENT, cuts=[300_000] + [0] * 9)
    with pytest.raises(BenchError):
        cifar(tmp_path, url, content=other, checksum="", recorded_by="")
    shelf.put("a", other, etag='"2"')
    said = cifar(tmp_path, url, content=other, checksum="", recorded_by="")
    assert shelf.asked[-1][2] == '"1"' and shelf.sent[-1] == other
    assert content_of(tmp_path) == other and "no published checksum is known" in said[-1]


def test_without_checksum_and_validator_nothing_is_glued_together(tmp_path, shelf, cifar):
    url = shelf.put("a", CONTENT, cuts=[300_000], etag='W/"1"')
    cifar(tmp_path, url, checksum="", recorded_by="")
    assert content_of(tmp_path) == CONTENT and shelf.asked[1][1] is None


def test_a_checksum_of_ones_own_is_held_to(tmp_path, shelf, cifar):
    unknown = {"checksum": "", "recorded_by": ""}
    url = shelf.put("a", CONTENT)
    cifar(tmp_path, url, **unknown)
    (tmp_path / "cifar10" / FILE).unlink()
    shelf.put("a", CONTENT[::-1])
    with pytest.raises(BenchError, match="recorded by an earlier fetch"):
        cifar(tmp_path, url, **unknown)


def test_mirrors_are_tried_in_order(tmp_path, shelf, cifar):
    gone, busy = f"{shelf.address}/gone", shelf.put("busy", CONTENT, statuses=[500] * 9)
    wrong = shelf.put("wrong", CONTENT[::-1])
    page, short = shelf.put("page", CONTENT, kind="text/html; charset=utf-8"), shelf.put("short", CONTENT[:-1])
    said = cifar(tmp_path, gone, busy, wrong, page, short, shelf.put("good", CONTENT), size=len(CONTENT))
    assert content_of(tmp_path) == CONTENT
    assert [path for path, _, _ in shelf.asked] == ["gone", *["busy"] * transfer.TRIES, "wrong", "page", "short", "good"]
    for words in ("HTTP 404", "HTTP 500", "expected", "a web page", f"has {len(CONTENT) - 1:,} bytes"):
        assert any(words in line for line in said), words


def test_a_server_that_is_busy_for_a_while_is_asked_again(tmp_path, shelf, cifar):
    cifar(tmp_path, shelf.put("a", CONTENT, statuses=[503, 429]))
    assert content_of(tmp_path) == CONTENT


def test_the_right_checksum_or_nothing(tmp_path, shelf, cifar):
    url = shelf.put("a", CONTENT[::-1])
    with pytest.raises(BenchError, match="expected [0-9a-f]{64}"):
        cifar(tmp_path, url)
    assert left(tmp_path) == [] and len(shelf.asked) == 1


def test_another_mirror_goes_on_with_a_part_and_starts_anew_if_that_does_not_fit(tmp_path, shelf, cifar):
    broken = shelf.put("broken", CONTENT, cuts=[300_000] + [0] * 9)
    cifar(tmp_path / "same", broken, shelf.put("good", CONTENT))
    assert content_of(tmp_path / "same") == CONTENT and len(shelf.sent[-1]) < len(CONTENT)
    foul = shelf.put("foul", b"x" * len(CONTENT), cuts=[300_000] + [0] * 9)
    cifar(tmp_path / "other", foul, f"{shelf.address}/good")
    assert content_of(tmp_path / "other") == CONTENT and shelf.sent[-1] == CONTENT


def test_an_archive_that_a_server_calls_an_encoding_stays_packed(tmp_path, shelf, cifar):
    archive = gzip.compress(CONTENT)
    cifar(tmp_path, shelf.put("a", archive, encoding="gzip"), content=archive)
    assert content_of(tmp_path) == archive


@pytest.mark.parametrize("checksum", ["", "sha256:00"])
def test_without_a_checksum_https_is_not_left(tmp_path, checksum):
    headers = {"Content-Length": "9"}
    raw = SimpleNamespace(stream=lambda *words, **options: [b"123456789"])
    answer = SimpleNamespace(url="http://elsewhere/a", status_code=200, headers=headers, raw=raw)
    session = SimpleNamespace(get=lambda *words, **options: nullcontext(answer))
    item = Download("a", ("https://here/a",), limit=9, checksum=checksum)
    expected = nullcontext() if checksum else pytest.raises(transfer._PassOver, match="without https")
    with expected:
        transfer._transfer(session, item.urls[0], item, tmp_path / "a.part", lambda *words: None)
    assert (tmp_path / "a.part").exists() == bool(checksum)


@pytest.mark.parametrize("length", [True, False])
def test_more_than_declared_is_cut_off(tmp_path, shelf, cifar, length):
    url = shelf.put("a", CONTENT * 4, length=length)
    with pytest.raises(BenchError, match="more than|bytes, expected"):
        cifar(tmp_path, url)
    assert left(tmp_path) == []


def test_a_part_that_is_too_long_is_not_gone_on_with(tmp_path, shelf, cifar):
    (tmp_path / "cifar10").mkdir()
    (tmp_path / "cifar10" / f"{FILE}.part").write_bytes(CONTENT + b"more")
    cifar(tmp_path, shelf.put("a", CONTENT))
    assert content_of(tmp_path) == CONTENT


def test_a_full_disk_is_told_before_and_during(tmp_path, shelf, cifar, monkeypatch):
    url = shelf.put("a", CONTENT)
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(transfer.shutil, "disk_usage", lambda folder: usage._replace(free=transfer.SPARE))
        with pytest.raises(BenchError, match="are free"):
            cifar(tmp_path, url, size=len(CONTENT))
        assert not shelf.asked
        with pytest.raises(BenchError, match="are free"):  # its size is known from the answer only
            cifar(tmp_path, url)
        assert not (tmp_path / "cifar10" / f"{FILE}.part").exists()

    def full(self, *words, **options):
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    opened = Path.open
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, *a, **b: (full if path.suffix == ".part" else opened)(path, *a, **b))
        with pytest.raises(BenchError, match="No space left on device; what has come is kept"):
            cifar(tmp_path, url)


def test_copies_of_somebody_else_are_left_alone(tmp_path, shelf, cifar):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "data_batch_1").write_bytes(b"")
    said = cifar(tmp_path, shelf.put("a", CONTENT))
    assert "'data_batch_1', which fetch did not put there" in said[-1] and not shelf.asked
    (folder / "data_batch_1").rename(folder / FILE)
    with pytest.raises(BenchError, match="move it away"):
        cifar(tmp_path, f"{shelf.address}/a")
    (folder / FILE).write_bytes(CONTENT)  # brought by hand
    assert "already there" in cifar(tmp_path, f"{shelf.address}/a")[-1] and not shelf.asked


def test_two_fetches_of_a_set_do_not_mix(tmp_path, shelf, cifar):
    url = shelf.put("a", CONTENT)
    with fetch.FileLock(tmp_path / ".cifar10.fetch.lock"), pytest.raises(BenchError, match="another fetch"):
        cifar(tmp_path, url)


def test_a_mirror_of_ones_own_is_asked_instead(tmp_path, shelf, cifar):
    shelf.put(f"data/cifar10/{FILE}", CONTENT)
    cifar(tmp_path, f"{shelf.address}/never", mirror=f"{shelf.address}/data/")
    assert content_of(tmp_path) == CONTENT and len(shelf.asked) == 1
    with pytest.raises(BenchError, match="not an address"):
        cifar(tmp_path, mirror="/mnt/mirror")


def call(*words):
    return CliRunner().invoke(app, ["data", "fetch", *words], env={"COLUMNS": "200", "NO_COLOR": "1"})


def test_the_command(tmp_path, shelf, cifar):
    cifar(tmp_path / "a", shelf.put(f"cifar10/{FILE}", CONTENT))
    done = call("cifar10", "--set", f"data_dir={tmp_path}")
    assert done.exit_code == 0 and f"next: python -m bench data check cifar10 --set data_dir={tmp_path}" in done.output
    assert call("cifar10", "--into", str(tmp_path / "b"), "--mirror", shelf.address).exit_code == 0
    assert (tmp_path / "b" / "cifar10" / FILE).exists()
    for words, line in ((("cifar10",), "--into"), (("rafdb", "--into", str(tmp_path)), "whdeng")):
        done = call(*words)
        assert done.exit_code != 0 and isinstance(done.exception, BenchError) and line in str(done.exception)


@pytest.mark.parametrize(
    "facts", [None, 5, {"unpacked": None}, {"unpacked": "images"}, {"unpacked": [["images"]]}, {"sha256": 5}], ids=str
)
def test_what_the_record_of_a_fetch_does_not_write_is_not_read(tmp_path, facts):
    kept = {"sha256": "0" * 64, "unpacked": ["images"]}
    (tmp_path / "downloads.json").write_text(json.dumps({"a.zip": facts, "b.zip": kept}))
    assert fetch.read_downloaded(tmp_path) == {"b.zip": kept}
