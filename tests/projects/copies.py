"""A small copy of every real dataset in the layout that its publishers hand out: path to content, written from scratch."""

import functools
import io
import tarfile
import zipfile

import numpy as np
from PIL import Image
from scipy.io import savemat

from bench.plan.catalogue import dataset_facts
from projects.scenes import scene_files, scene_name, tiff, write_folder

FER = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
FUSAR = ("Fishing/Fishing", "Cargo/BulkCarrier", "Cargo/ContainerShip", "Tanker/CrudeOilTanker", "Cargo/CementCarrier",
         "Cargo/GeneralCargo", "Passenger/Passenger")  # fmt: skip


@functools.lru_cache(maxsize=4096)
def picture(seed, side=32, grey=False, kind="PNG"):
    shape = (side, side) if grey else (side, side, 3)
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)).save(file, kind)
    return file.getvalue()


def matlab(**variables):
    file = io.BytesIO()
    savemat(file, variables)
    return file.getvalue()


def cells(words):
    """A column of cells, as MATLAB writes a list of words."""
    found = np.empty((len(words), 1), dtype=object)
    found[:, 0] = [np.array([word]) for word in words]
    return found


def cifar10():
    classes = dataset_facts("cifar10")["classes"]
    return {
        f"{split}/{word}/{index}.png": picture(1000 * (split == "test") + 10 * label + index)
        for split, count in (("train", 2), ("test", 1))
        for label, word in enumerate(classes)
        for index in range(count)
    }


def cifar100():
    draw = np.random.default_rng(0)
    rows = np.concatenate([np.zeros((100, 1)), np.arange(100)[:, None], draw.integers(0, 256, (100, 3072))], axis=1)
    return {"train.bin": rows.astype(np.uint8).tobytes(), "test.bin": rows[::-1].astype(np.uint8).tobytes()[:]}


def fer2013():
    lines, draw = ["emotion,pixels,Usage"], np.random.default_rng(0)
    for usage in ("Training", "Training", "PublicTest", "PrivateTest"):
        lines += [f"{label},{' '.join(map(str, draw.integers(0, 256, 2304)))},{usage}" for label in range(len(FER))]
    return {"fer2013.csv": ("\n".join(lines) + "\n").encode()}


def fer2013_folders(train="train", public="public_test", private="private_test"):
    return {
        f"{folder}/{word}/{folder}_{index}.png": picture(100 * place + 10 * label + index, 48, grey=True)
        for place, folder in enumerate((train, public, private))
        for label, word in enumerate(FER)
        for index in range(2 if folder == train else 1)
    }


def rafdb():
    names = [f"{split}_{index:05}" for split in ("train", "test") for index in range(7)]
    lines = "".join(f"{name}.jpg {index % 7 + 1}\n" for index, name in enumerate(names))
    files = {f"Image/aligned/{name}_aligned.jpg": picture(index, 40, kind="JPEG") for index, name in enumerate(names)}
    return {"EmoLabel/list_patition_label.txt": lines.encode(), **files}


def tinyimagenet():
    files = {
        f"train/n{word:02}/images/n{word:02}_{index}.JPEG": picture(10 * word + index, 64)
        for word in range(3)
        for index in range(2)
    }
    files |= {f"val/images/val_{word}.JPEG": picture(100 + word, 64) for word in range(3)}
    notes = "".join(f"val_{word}.JPEG\tn{word:02}\t0\t0\t62\t62\n" for word in range(3))
    return {**files, "val/val_annotations.txt": notes.encode()}


def fusar():
    draw, files, rows = np.random.default_rng(0), {}, ["id,mmsi,length,path"]
    for folder, path in enumerate(FUSAR):
        for index in range(4):
            name = f"Ship_C{folder:02}S01N{index:04}"
            files[f"{path}/{name}.tiff"] = tiff(draw.integers(0, 200, (24, 24)).astype(np.uint8))
            rows.append(f"{name},{413000000 + 10 * folder + index // 2},100,{path}/{name}.tiff")
    return {**files, "meta.csv": ("\n".join(rows) + "\n").encode()}


def opensarship():
    return {f"{scene_name('20150101')}/{name}": content for name, content in scene_files(1000, ships=8, side=12).items()}


def cub200():
    rows = [("1", "001.Albatross/a.jpg", "1", "1"), ("2", "001.Albatross/b.jpg", "1", "0")]
    rows += [("3", "002.Auklet/c.jpg", "2", "1"), ("4", "002.Auklet/d.jpg", "2", "0")]
    files = {f"images/{row[1]}": picture(int(row[0])) for row in rows}
    for file, column in (("images.txt", 1), ("image_class_labels.txt", 2), ("train_test_split.txt", 3)):
        files[file] = "".join(f"{row[0]} {row[column]}\n" for row in rows).encode()
    return {**files, "classes.txt": b"1 001.Albatross\n2 002.Auklet\n"}


def mit67():
    lists = {"TrainImages.txt": ("attic/a.jpg", "bar/b.jpg"), "TestImages.txt": ("attic/c.jpg", "bar/d.jpg")}
    files = {f"Images/{name}": picture(ord(name[-5])) for names in lists.values() for name in names}
    return {**files, **{file: ("\n".join(names) + "\n").encode() for file, names in lists.items()}}


def stanford40():
    files = {}
    for word in ("reading", "running"):
        for place, split in enumerate(("train", "test")):
            names = [f"{word}_{2 * place + index}.jpg" for index in range(2)]
            files |= {f"JPEGImages/{name}": picture(len(files) + index) for index, name in enumerate(names)}
            files[f"ImageSplits/{word}_{split}.txt"] = ("\n".join(names) + "\n").encode()
    return files


def stanford_dogs():
    files = {}
    for split in ("train", "test"):
        names = [f"n02-{word}/{split}_{index}.jpg" for word in ("beagle", "pug") for index in range(2)]
        files |= {f"Images/{name}": picture(len(files) + index) for index, name in enumerate(names)}
        files[f"{split}_list.mat"] = matlab(file_list=cells(names))
    return files


def imagenet():
    return {
        f"{split}/n0{label}/{split}_{label}_{index}.JPEG": picture(100 * label + index + 1000 * (split == "val"))
        for split, count in (("train", 3), ("val", 2))
        for label in (1, 2)
        for index in range(count)
    }


def imagenet_flat():
    """Its validation set as it is handed out, without a list."""
    train = {path: content for path, content in imagenet().items() if path.startswith("train/")}
    return {**train, **{f"val/ILSVRC2012_val_{number:08}.JPEG": picture(500 + number) for number in (1, 2, 3)}}


COPIES = {
    build.__name__: build
    for build in (cifar10, cifar100, fer2013, rafdb, tinyimagenet, fusar, opensarship, cub200, mit67, stanford40,
                  stanford_dogs, imagenet)
}  # fmt: skip
LISTS = {  # text that says what is what
    "fer2013": ("fer2013.csv",),
    "rafdb": ("EmoLabel/list_patition_label.txt",),
    "tinyimagenet": ("val/val_annotations.txt",),
    "fusar": ("meta.csv",),
    "cub200": ("images.txt", "image_class_labels.txt", "train_test_split.txt", "classes.txt"),
    "mit67": ("TrainImages.txt", "TestImages.txt"),
    "stanford40": ("ImageSplits/reading_train.txt", "ImageSplits/running_test.txt"),
}


def put(root, name, files, folder=""):
    """Write a copy below a data folder; that folder."""
    write_folder(root / (folder or name), files)
    return root


def packed(files, kind):
    """An archive, ``zip`` or ``tar.gz``."""
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return file.getvalue()
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()
