"""CIFAR-10: 32-pixel colour photographs of ten classes, read from image folders or from the archives as distributed.

Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009. Layouts: docs/data.md. The Python archives are
pickles; they are read with an unpickler that builds arrays and containers and refuses every other object, so that a file cannot
run code.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench.data.store.archives import Container, opened
from bench.data.store.chips import to_square
from bench.data.store.families import checked_options
from bench.data.store.sets import DataError, Decoded
from bench.plan import BenchError

DATASETS = {
    "cifar10": {
        "title": "CIFAR-10",
        "classes": ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
        "channels": 3,
        "stand_in": False,
        "version": 1,
        "folders": ["cifar10", "cifar10batchespy", "cifar10batchesbin"],
        "licence": "none stated by its authors; not redistributed here",
        "source": "Krizhevsky, 2009; a labelled subset of 80 million tiny images",
        "layout": "cifar10/{train,test}/<class>/*.{png,jpg}, or the files of cifar-10-batches-py or cifar-10-batches-bin",
    },
}
CLASSES: list[str] = DATASETS["cifar10"]["classes"]  # type: ignore[assignment]
SIDE = 32
PIXELS = 3 * SIDE * SIDE
AT_ONCE = 4096  # images that are resized together
RECONSTRUCT = np.empty(0).__reduce__()[0]  # what an array's pickle calls, wherever this version of numpy keeps it

Sample = tuple[np.ndarray, int, bool]  # (32, 32, 3) uint8, label, whether it is for testing


def decode(name: str, size: int, options: Mapping[str, Any], folder: Path | None) -> Decoded:
    """All images, split as distributed.

    Parameters
    ----------
    size
        Side of the images in pixels; other sides than 32 are resized bilinearly.
    options
        None exist.
    folder
        The dataset's folder, or one around the archive's own.

    Raises
    ------
    DataError
        If files are missing or damaged; all of them are named.
    """
    assert folder is not None
    checked_options(name, options, {})
    problems: list[str] = []
    with opened(folder, folder.name) as container:
        read, notes = _layout(container)
        samples = list(read(container, problems))
    if not samples and not problems:
        problems.append(f"{folder.name}: no image; expected train/<class>/*.png, data_batch_1 or data_batch_1.bin")
    if problems:
        raise DataError(problems, name)
    images = np.empty((len(samples), 3, size, size), dtype=np.uint8)
    for start in range(0, len(samples), AT_ONCE):
        images[start : start + AT_ONCE] = to_square([pixels for pixels, _, _ in samples[start : start + AT_ONCE]], size)
    return Decoded(
        images=images,
        labels=np.array([label for _, label, _ in samples], dtype=np.int64),
        is_test=np.array([is_test for _, _, is_test in samples]),
        sides=np.full(len(samples), SIDE),
        notes=notes,
    )


def _layout(container: Container) -> tuple[Callable[[Container, list[str]], Iterator[Sample]], tuple[str, ...]]:
    names = {path.rsplit("/", 1)[-1] for path in container.names}
    if "data_batch_1.bin" in names:
        return _binary, ()
    if "data_batch_1" in names:
        return _pickled, ()
    if any(path.lower().endswith((".jpg", ".jpeg")) for path in container.names):
        return _folders, ("JPEG files are re-encoded: accuracies lie somewhat below those on the original",)
    return _folders, ()


def _folders(container: Container, problems: list[str]) -> Iterator[Sample]:
    for path in container.names:
        parts = path.lower().split("/")
        if not parts[-1].endswith((".png", ".jpg", ".jpeg")) or len(parts) < 3 or parts[-3] not in ("train", "test"):
            continue
        if parts[-2] not in CLASSES:
            problems.append(f"{container.label}: folder '{parts[-2]}' is none of the classes {', '.join(CLASSES)}")
            return
        try:
            pixels = np.asarray(Image.open(io.BytesIO(container.read(path))).convert("RGB"))
        except (OSError, ValueError, BenchError) as error:
            problems.append(f"{container.label}: '{path}' is damaged ({error})")
            continue
        if pixels.shape != (SIDE, SIDE, 3):
            problems.append(f"{container.label}: '{path}' is {pixels.shape[1]}x{pixels.shape[0]}, expected {SIDE}x{SIDE}")
            continue
        yield pixels, CLASSES.index(parts[-2]), parts[-3] == "test"


def _binary(container: Container, problems: list[str]) -> Iterator[Sample]:
    """A byte with the label, then the red, green and blue planes."""
    for path, is_test in _batches(container, ".bin", problems):
        try:
            content = np.frombuffer(container.read(path), dtype=np.uint8)
            if len(content) == 0 or len(content) % (PIXELS + 1):
                raise BenchError(f"{len(content)} bytes, not a multiple of {PIXELS + 1}")
            rows = content.reshape(-1, PIXELS + 1)
            yield from _rows(rows[:, 1:], rows[:, 0].tolist(), is_test)
        except BenchError as error:
            problems.append(f"{container.label}: '{path}' is damaged ({error})")


def _pickled(container: Container, problems: list[str]) -> Iterator[Sample]:
    for path, is_test in _batches(container, "", problems):
        try:
            batch = _Arrays(io.BytesIO(container.read(path)), encoding="bytes").load()
            yield from _rows(np.asarray(batch[b"data"]), list(batch[b"labels"]), is_test)
        except Exception as error:  # a damaged pickle raises whatever its bytes happen to ask for
            problems.append(f"{container.label}: '{path}' is damaged ({error})")


def _batches(container: Container, suffix: str, problems: list[str]) -> list[tuple[str, bool]]:
    """The six files and whether they are for testing."""
    found = {path.rsplit("/", 1)[-1]: path for path in container.names}
    wanted = [(f"data_batch_{index}{suffix}", False) for index in range(1, 6)] + [(f"test_batch{suffix}", True)]
    problems += [f"{container.label}: '{name}' is missing" for name, _ in wanted if name not in found]
    return [(found[name], is_test) for name, is_test in wanted if name in found]


def _rows(pixels: np.ndarray, labels: list[int], is_test: bool) -> Iterator[Sample]:
    if pixels.dtype != np.uint8 or pixels.shape != (len(labels), PIXELS) or not set(labels) <= set(range(len(CLASSES))):
        raise BenchError(f"expected uint8 rows of {PIXELS} and labels below {len(CLASSES)}")
    images = pixels.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    yield from ((image, int(label), is_test) for image, label in zip(images, labels, strict=True))


def _bytes(text: str, encoding: str) -> bytes:
    """How Python 3 writes bytes into a pickle of Python 2's kind."""
    return text.encode("latin1")


class _Arrays(pickle.Unpickler):
    """Builds numpy arrays, numbers, text, lists and mappings; refuses every other object."""

    ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"): RECONSTRUCT,
        ("numpy._core.multiarray", "_reconstruct"): RECONSTRUCT,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): _bytes,
    }

    def find_class(self, module: str, name: str) -> Any:
        """One of the few things that an array's pickle names."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"asks for {module}.{name}, which no array needs")
        return self.ALLOWED[module, name]
