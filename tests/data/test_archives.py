import zipfile

import pytest

from bench.data.store import archives
from bench.data.store.archives import opened
from bench.data.store.tiff import read_tiff
from bench.plan import BenchError


def test_a_folder_and_an_archive_read_alike(tmp_path):
    (tmp_path / "scene" / "inner").mkdir(parents=True)
    (tmp_path / "scene" / "inner" / "a.txt").write_bytes(b"a")
    with zipfile.ZipFile(tmp_path / "scene.zip", "w") as archive:
        archive.writestr("inner/", "")
        archive.writestr("inner/a.txt", "a")
    for path in (tmp_path / "scene", tmp_path / "scene.zip"):
        with opened(path, path.name) as container:
            assert container.names == ("inner/a.txt",)
            assert container.read("inner/a.txt") == b"a"


def test_a_truncated_archive_is_one_line(tmp_path):
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.writestr("a", "a" * 1000)
    (tmp_path / "cut.zip").write_bytes((tmp_path / "whole.zip").read_bytes()[:500])
    with (
        pytest.raises(BenchError, match=r"^cut\.zip: truncated or not a zip archive \(.*\); fetch it again$"),
        opened(tmp_path / "cut.zip", "cut.zip"),
    ):
        pass


def test_a_damaged_member_is_one_line(tmp_path):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.tif", b"b" * 1000)
    content = bytearray(path.read_bytes())
    content[200] ^= 255
    path.write_bytes(content)
    with opened(path, "bad.zip") as container, pytest.raises(BenchError, match=r"^bad\.zip: 'a\.tif' is damaged"):
        container.read("a.tif")


def test_a_bomb_is_not_unpacked_beyond_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST_MEMBER", 2**20)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"\0" * (8 * 2**20))
    with opened(tmp_path / "bomb.zip", "bomb.zip") as container, pytest.raises(BenchError, match="larger than 1 MiB"):
        container.read("a")
    (tmp_path / "bomb").mkdir()
    (tmp_path / "bomb" / "a").write_bytes(b"\0" * (2 * 2**20))
    with opened(tmp_path / "bomb", "bomb") as container, pytest.raises(BenchError, match="larger than 1 MiB"):
        container.read("a")


@pytest.mark.parametrize("content", [b"", b"II*\0", b"not a tiff at all", b"II*\0\x08\0\0\0\xff\xff" + b"\xff" * 64])
def test_what_is_no_tiff_is_one_line(content):
    with pytest.raises(BenchError, match=r"^scene: 'a\.tif' is not a readable TIFF") as caught:
        read_tiff(content, "scene: 'a.tif'")
    assert "\n" not in str(caught.value)
