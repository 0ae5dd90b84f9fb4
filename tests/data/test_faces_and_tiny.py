"""FER-2013, RAF-DB and TinyImageNet on miniatures of their layouts; the real FER-2013 where it is beside the checkout."""

import io
import tarfile

import numpy as np
import pytest
from PIL import Image
from projects.copies import picture, tinyimagenet
from projects.scenes import write_folder

from bench.data import check_dataset
from bench.data.fer2013 import DATASETS
from bench.data.store.reading import decode_dataset

CLASSES = DATASETS["fer2013"]["classes"]


def fer_folders():
    return {
        f"{folder}/{word}/{index}.png": picture(100 * position + 10 * label + index, 48, grey=True)
        for position, folder in enumerate(("train", "public_test", "private_test"))
        for label, word in enumerate(CLASSES)
        for index in range(2 if folder == "train" else 1)
    }


def fer_csv():
    lines = ["emotion,pixels,Usage"]
    usage = {"train": "Training", "public_test": "PublicTest", "private_test": "PrivateTest"}
    for path, content in sorted(fer_folders().items()):
        folder, word, _ = path.split("/")
        pixels = np.asarray(Image.open(io.BytesIO(content))).ravel()
        lines.append(f"{CLASSES.index(word)},{' '.join(map(str, pixels))},{usage[folder]}")
    return {"fer2013.csv": "\n".join(lines).encode()}


def test_fer_s_two_layouts_hold_the_same_images(tmp_path):
    write_folder(tmp_path / "a" / "fer2013", fer_folders())
    write_folder(tmp_path / "b" / "fer2013", fer_csv())
    one, other = (decode_dataset("fer2013", 32, {}, tmp_path / name) for name in "ab")
    assert one.images.shape == (21, 1, 32, 32) and int(one.is_test.sum()) == 7
    assert sorted(image.tobytes() for image in one.images) == sorted(image.tobytes() for image in other.images)
    assert "private" in one.notes[0] and "the set has 28709" in one.notes[1]
    public = decode_dataset("fer2013", 32, {"test": "public"}, tmp_path / "a")
    assert not np.array_equal(public.images[public.is_test], one.images[one.is_test])


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"train/cheerful/1.png": b""}, "'cheerful' is none of the classes"),
        ({"train/happy/1.png": b"no picture"}, "'train/happy/1.png' is damaged"),
        ({"train/happy/1.png": picture(1, 47, grey=True)}, "is 47x47, expected 48x48"),
        ({"fer2013.csv": b"emotion,pixels,Usage\n9,1 2 3,Training\n"}, "'fer2013.csv', line 2: expected 2304 values"),
        ({"other.txt": b""}, "no image"),
    ],
)
def test_faults_of_fer_are_named(tmp_path, files, words):
    write_folder(tmp_path / "fer2013", files)
    assert words in "\n".join(check_dataset("fer2013", data_dir=tmp_path).problems)


def raf():
    names = [f"{side}_{index:05}" for side in ("train", "test") for index in range(7)]
    lines = "".join(f"{name}.jpg {index % 7 + 1}\n" for index, name in enumerate(names))
    files = {f"Image/aligned/{name}_aligned.jpg": picture(index, 100, kind="JPEG") for index, name in enumerate(names)}
    return {"EmoLabel/list_patition_label.txt": lines.encode(), **files}


def test_rafdb_takes_aligned_faces_and_the_list_s_split(tmp_path):
    write_folder(tmp_path / "RAF-DB", raf())
    check = check_dataset("rafdb", data_dir=tmp_path)
    assert check.ok and check.sides == (100, 100, 100)
    assert check.counts == {side: dict.fromkeys(check.classes, 1) for side in ("train", "test")}
    files = raf()
    del files["Image/aligned/test_00003_aligned.jpg"]
    write_folder(tmp_path / "b" / "rafdb", files)
    assert check_dataset("rafdb", data_dir=tmp_path / "b").problems == (
        "rafdb: 'Image/aligned/test_00003_aligned.jpg' is missing",
    )


def tiny():
    return {**tinyimagenet(), "test/images/test_0.JPEG": picture(1, 64)}


def test_tinyimagenet_is_tested_on_its_validation_set(tmp_path):
    write_folder(tmp_path / "tiny-imagenet-200", tiny())
    check = check_dataset("tinyimagenet", data_dir=tmp_path)
    assert check.ok and check.classes == ("n00", "n01", "n02")
    assert check.counts == {"train": dict.fromkeys(check.classes, 2), "test": dict.fromkeys(check.classes, 1)}
    files = tiny()
    del files["val/images/val_1.JPEG"]
    write_folder(tmp_path / "b" / "tinyimagenet", files)
    assert "'val/images/val_1.JPEG' is missing" in check_dataset("tinyimagenet", data_dir=tmp_path / "b").problems[0]


@pytest.mark.realdata
def test_some_real_faces_are_read(sample, tmp_path):
    archive = sample / "fer2013.tar.xz"
    if not archive.exists():
        pytest.skip("the real FER-2013 sample is not beside the checkout (../shared/datasets/fer2013.tar.xz)")
    files: dict[str, bytes] = {}
    with tarfile.open(archive) as stream:
        for member in stream:  # the first picture of each class of each split
            path = member.name.split("fer2013/", 1)[-1]
            folder = path.rsplit("/", 1)[0]
            if path.endswith(".jpg") and not any(name.startswith(f"{folder}/") for name in files):
                files[path] = stream.extractfile(member).read()
    write_folder(tmp_path / "fer2013", files)
    assert decode_dataset("fer2013", 48, {}, tmp_path).images.std() > 30
