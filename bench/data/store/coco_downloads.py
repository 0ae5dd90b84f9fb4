"""Where the files of COCO 2017 come from; importing this file makes the set one that can be fetched.

They stand apart from the other addresses because those are part of every run's fingerprint (``bench.data`` offers
``fetch_dataset``), and an address more makes no result another one.
"""

from __future__ import annotations

from bench.data.store.downloads import ASK, DOWNLOADS, Download

HOSTS = ("http://images.cocodataset.org", "https://s3.amazonaws.com/images.cocodataset.org")  # the second is the same bucket


def _download(path: str, size: int, md5: str) -> Download:
    urls = tuple(f"{host}/{path}" for host in HOSTS)
    recorded_by = "PaddleDetection and LVIS's loaders, not the publisher"
    return Download(path.rpartition("/")[2], urls, size, size, f"md5:{md5}", recorded_by, inside="")


ASK.pop("coco", None)
DOWNLOADS["coco"] = (  # the annotations first: without them nothing can be checked
    _download("annotations/annotations_trainval2017.zip", 252_907_541, "f4bbac642086de4f52a3fdda2de5fa2c"),
    _download("zips/val2017.zip", 815_585_330, "442b8da7639aecaf257c1dceb8ba8c80"),
    _download("zips/train2017.zip", 19_336_861_798, "cced6f7f71b7629ddf16f17bbcfab6b2"),
)
