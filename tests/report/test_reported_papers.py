"""Printed numbers of every paper: the files' form, and a recount, place by place, against the papers' texts."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from bench.plan import load_paper, paper_names
from bench.plan.catalogue import ROOT, backbone_files
from bench.plan.values import NAME
from bench.report.reported import COLUMNS, GAIN, Key, load_reported

REPORTED = ROOT / "results" / "reported"
FILES = sorted(REPORTED.glob("*/*.csv"))
README = (REPORTED / "README.md").read_text(encoding="utf-8")
PAPERS = ROOT / "config" / "papers"
TEXTS = ROOT.parent / "shared" / "papers"
TEXT_OF = {"generations": "kd-in-generations.txt", "frskd": "frskd.txt", "selfguidance": "self-guidance.txt"}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def key_of(row: dict[str, str]) -> Key:
    return Key(*(row[column] for column in Key._fields))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_form(path: Path) -> None:
    assert path.read_text(encoding="utf-8").splitlines()[0] == ",".join(COLUMNS)
    rows = read(path)
    keys = [key_of(row) for row in rows]
    assert rows and len(set(keys)) == len(keys)
    for row, key in zip(rows, keys, strict=True):
        assert set(row) == set(COLUMNS) and None not in row.values()
        assert all(NAME.fullmatch(word) for word in key if word) and key.dataset and key.variant and key.metric
        assert f"`{key.metric}`" in README and f"`{key.dataset}`" in README
        assert not key.backbone or key.backbone in backbone_files()
        sign = "[+-]" if key.metric.endswith(GAIN) else ""
        assert re.fullmatch(sign + r"\d+(\.\d+)?(e-\d)?", row["value"]), row
        assert re.fullmatch(r"(\d+\.\d+)?", row["sd"]) and re.fullmatch(r"([1-9]\d?)?", row["n"]), row


@pytest.mark.parametrize("table", ["table1", "table3"])
def test_gains_of_self_guidance_are_reductions_of_the_error(table: str) -> None:
    rows = {key_of(row): row for row in read(REPORTED / "selfguidance" / f"{table}.csv")}
    gains = [key for key in rows if key.metric.endswith(GAIN)]
    assert len(gains) == 6
    for key in gains:
        ours = key._replace(metric="error")
        difference = float(rows[ours.of("baseline")]["value"]) - float(rows[ours]["value"])
        tolerance = 0.011 if "misprint" in rows[key]["note"] else 0.001
        assert float(rows[key]["value"]) == pytest.approx(difference, abs=tolerance)


def test_misprints_are_kept_and_named() -> None:
    dogs = Key("stanford_dogs", "resnet18", "baseline", "accuracy")
    rows = {key_of(row): row for row in read(REPORTED / "frskd" / "table8.csv")}
    assert rows[dogs]["value"] == "66.38" and "misprint" in rows[dogs]["note"] and "63.38" in rows[dogs]["note"]
    deep = Key("cifar100", "resnet110_bottleneck_cifar", "self-guidance", "error_gain")
    rows = {key_of(row): row for row in read(REPORTED / "selfguidance" / "table1.csv")}
    assert rows[deep]["value"] == "+4.59" and "misprint" in rows[deep]["note"]


# The places of each table in the order in which the paper prints its numbers.


def grid(variants: str, columns: Iterable[tuple[str, str, str]]) -> list[Key]:
    columns = list(columns)
    return [Key(dataset, backbone, variant, metric) for variant in variants.split() for dataset, backbone, metric in columns]


def generations(dataset: str, backbone: str, metrics: list[str], lambdas: list[str]) -> list[Key]:
    places = [(dataset, backbone, metric) for metric in metrics]
    keys = grid("baseline", places)
    for weight in lambdas:
        students = [f"d0.6-l{weight}-gen{number}" for number in range(1, 6)]
        keys += grid(" ".join(["d0.6-gen0", *students]), places)
        keys += grid(" ".join(f"{student}-ensemble" for student in students), places)
    return keys


def against_baseline(datasets: tuple[str, str], gains_below: bool) -> list[Key]:
    keys = []
    for backbone in RESNETS:
        errors, extras = (
            [Key(dataset, backbone, "self-guidance", metric) for dataset in datasets] for metric in ("error", "error_gain")
        )
        size = Key(datasets[0], backbone, "self-guidance", "parameters_m")
        keys += [key.of("baseline") for key in (*errors, size)]
        keys += [*errors, size, *extras] if gains_below else [errors[0], extras[0], errors[1], extras[1], size]
    return keys


RESNETS = ("resnet32_cifar", "resnet50_cifar", "resnet110_bottleneck_cifar")
SMALL, DEEP = ("cifar10", RESNETS[1], "error"), ("cifar100", RESNETS[2], "error")
FINE = [(dataset, "resnet18", "accuracy") for dataset in ("cub200", "mit67", "stanford_dogs", "stanford40")]
SIX = [(dataset, "resnet18_cifar", "accuracy") for dataset in ("cifar100", "tinyimagenet")] + FINE
SELF_DISTILLATION = "baseline one ddgsd byot sad cskd sla-sd frskd-no-feature frskd frskd-sla"
ONLINE = ("error", "error", "parameters_m")

PLACES = {
    ("generations", 1): generations("cifar100", "densenet_bc100_k12", ["error"], ["0.6", "0.7"])
    + generations("cifar100", "densenet_bc190_k40", ["error"], ["0.6", "0.7"])
    + grid("igc snapshot-ensemble pyramidnet mixup shake-shake born-again", [("cifar100", "", "error")]),
    ("generations", 2): generations("imagenet", "resnet18", ["error", "top5_error"], ["0.6"]),
    ("frskd", 1): grid(
        SELF_DISTILLATION,
        [(data, net, "accuracy") for data in ("cifar100", "tinyimagenet") for net in ("wrn16_2_frskd", "resnet18_cifar")],
    ),
    ("frskd", 2): grid(SELF_DISTILLATION, FINE),
    ("frskd", 3): [
        key
        for net in ("resnet18", "resnet34")
        for key in grid("baseline frskd", [("imagenet", net, metric) for metric in ("accuracy", "top5_accuracy")])
    ],
    ("frskd", 4): [
        Key("voc", net, variant, "miou")
        for net in ("efficientdet_d0", "efficientdet_d1")
        for variant in ("segmentation-baseline", "frskd-segmentation")
    ],
    ("frskd", 5): grid("baseline fit-skd od-skd frskd", SIX),
    ("frskd", 6): grid(
        "frskd-bifpn128 frskd-bifpn256 frskd-bifpnc128 frskd",
        [("cifar100", "wrn16_2_frskd", metric) for metric in ("parameters_ratio", "flops_ratio", "accuracy")],
    ),
    ("frskd", 7): grid("baseline fitnet att overhaul frskd", SIX),
    ("frskd", 8): grid("baseline mixup frskd-mixup cutmix frskd-cutmix", SIX),
    ("selfguidance", 1): against_baseline(("cifar10", "cifar100"), gains_below=False),
    ("selfguidance", 2): grid(
        "baseline dml one self-guidance",
        [(data, RESNETS[0], metric) for data, metric in zip(("cifar10", "cifar100", "cifar10"), ONLINE, strict=True)],
    ),
    ("selfguidance", 3): against_baseline(("fer2013", "rafdb"), gains_below=True),
    ("selfguidance", 4): grid(
        "baseline dml one okddip self-guidance",
        [(data, RESNETS[0], metric) for data, metric in zip(("fer2013", "rafdb", "fer2013"), ONLINE, strict=True)],
    ),
    ("selfguidance", 5): grid(
        "baseline sd self-guidance-l0 self-guidance-l0.1 self-guidance self-guidance-l0.5 self-guidance-l1 self-guidance-l3",
        [SMALL, DEEP],
    ),
    ("selfguidance", 6): grid("baseline sd self-guidance-l0 self-guidance-no-backward self-guidance", [DEEP]),
}


def numbers_of(paper: str, number: int) -> list[tuple[str, str]]:
    """A table's numbers and deviations in reading order: the lines above its caption; only labels have no decimal point."""
    text = (TEXTS / TEXT_OF[paper]).read_text(encoding="utf-8")
    block = text[: text.index(f"\nTable {number}: ")].rstrip("\n").rsplit("\n\n", 1)[1]
    plain = re.sub(r"\$[^$]*\$", "", block)
    return re.findall(r"([+-]?\d+\.\d+)(?:±(\d+\.\d+))?", plain)


@pytest.mark.parametrize(("paper", "number"), PLACES)
def test_recount_against_the_papers_text(paper: str, number: int) -> None:
    if not (TEXTS / TEXT_OF[paper]).exists():
        pytest.skip("the paper's text is not beside the checkout")
    places, printed = PLACES[paper, number], numbers_of(paper, number)
    assert len(places) == len(printed)
    expected: dict[Key, tuple[str, str]] = {}
    for key, value in zip(places, printed, strict=True):
        assert expected.setdefault(key, value) == value  # a patriarch is printed once per lambda
    rows = read(REPORTED / paper / f"table{number}.csv")
    assert {key_of(row): (row["value"], row["sd"]) for row in rows} == expected


@pytest.mark.parametrize(("paper", "number"), PLACES)
def test_every_place_has_a_number(paper: str, number: int) -> None:
    assert {key_of(row) for row in read(REPORTED / paper / f"table{number}.csv")} == set(PLACES[paper, number])


def test_recount_of_the_settings() -> None:
    """The supplement states them in prose: every number of its section 1 but those of networks and citations."""
    path = TEXTS / "reviewkd-supplement.txt"
    if not path.exists():
        pytest.skip("the paper's text is not beside the checkout")
    text = path.read_text(encoding="utf-8")
    prose = text[text.index("For the CIFAR-100 dataset") : text.index("## 2.")]
    prose = re.sub(r"CIFAR-100|\[\d\]", "", prose.replace(",000", "000"))
    printed = sorted(re.findall(r"\d+(?:\.\d+)?(?:e-\d)?", prose))
    assert sorted(row["value"] for row in read(REPORTED / "reviewkd" / "settings.csv")) == printed


@pytest.mark.parametrize(
    ("paper", "table"), [(paper, table) for paper in paper_names(PAPERS) for table in load_paper(paper, PAPERS).tables]
)
def test_printed_numbers_and_layout_belong_together(paper: str, table: str) -> None:
    """Every printed number has a place in the table, and every place of a printed table a number."""
    found = load_paper(paper, PAPERS)
    entries = list(found.tables[table].entries())
    numbers = load_reported(REPORTED, found, table)
    assert bool(numbers) == found.tables[table].printed
    places = {Key.reported(entry) for entry in entries if entry.printed or entry.kind != "setting"}
    bare = {place for place in places if place not in numbers}
    assert not found.tables[table].printed or not bare, bare
