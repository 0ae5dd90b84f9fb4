"""The tables of results in README and docs hold what the stored rows say, so that neither changes without the other."""

import csv
import re
import statistics

import pytest
import yaml

from bench.plan.catalogue import ROOT
from bench.stats import Sample, holm, welch

csv.field_size_limit(10**9)
NETWORKS = {"alexnet": "AlexNet", "vgg11_bn": "VGG-11", "vgg16_bn": "VGG-16", "vgg19_bn": "VGG-19", "resnet18": "ResNet-18",
            "resnet50": "ResNet-50", "densenet121": "DenseNet-121"}  # fmt: skip


def cells_of(file):
    """Accuracies of every stored cell by (dataset, backbone, variant)."""
    found = {}
    with (ROOT / "results/stored" / file).open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            place = row["dataset"], row["backbone"], row["variant"]
            found.setdefault(place, []).append(float(row["accuracy"]))
    return found


def told(page, start):
    """The cells of the lines of a Markdown table whose head begins with ``start``."""
    text = (ROOT / page).read_text(encoding="utf-8")
    head = text.index(f"\n{start}") + 1
    lines = text[head : text.index("\n\n", head)].splitlines()[2:]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def mean_sd(values, digits):
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


def gain_words(values, baseline):
    found = welch(Sample.of(values), Sample.of(baseline))
    estimate, low, high = (f"{each:+.2f}".replace("-", "−") for each in (found.estimate, found.low, found.high))
    return f"{'0.00' if float(estimate.replace('−', '-')) == 0 else estimate} [{low}, {high}]", found.p


def labels_of(paper):
    variants = yaml.safe_load((ROOT / f"config/papers/{paper}.yaml").read_text(encoding="utf-8"))["variants"]
    return {variant["label"]: name for name, variant in variants.items()}


@pytest.mark.parametrize(
    ("file", "start", "column"),
    [("paper/arena.csv", "| row, all at the baseline's compute", 1), ("laptop/arena.csv", "| row | compute", 2)],
)
def test_the_arena(file, start, column):
    cells, labels = {name: values for (_, _, name), values in cells_of(file).items()}, labels_of("arena")
    rows, tested = told("docs/arena.md", start), {}
    for label, *shown in rows:
        name = labels[label if label in labels else label.partition(",")[0]]
        if not label.endswith("equal epochs") and f"{name}-equal-compute" in cells:
            name += "-equal-compute"
        words, p = gain_words(cells[name], cells["baseline"])
        assert shown[column - 1] == mean_sd(cells[name], 2), label
        if "[" in shown[column]:
            interval, _, after = shown[column].partition("]")
            assert f"{interval}]" == words, label
            tested[label] = p, next(iter([*shown[column + 1 :], *re.findall(r"p = (\S+)", after), "1.00"]))
    adjusted = holm([p for p, _ in tested.values()])
    assert [f"{p:.2f}" for p in adjusted] == [said for _, said in tested.values()]
    assert len(rows) == len(cells)


def test_the_demo():
    cells = cells_of("demo/drrnet.csv")
    datasets = {"OpenSARShip": "opensarship", "FUSAR-Ship": "fusar"}
    backbones = {label: name for name, label in NETWORKS.items()}
    rows = told("docs/demo.md", "| data | network | Baseline |")
    for data, network, *shown in rows:
        place = datasets[data], backbones[network]
        variants = ("baseline", "lsr", "tfkd", "dlb", "drrnet")
        assert shown == [mean_sd(cells[*place, name], 1) for name in variants], place
    assert 5 * len(rows) == len(cells)


def test_the_readme():
    cells, labels = cells_of("paper/drrnet.csv"), labels_of("drrnet")
    gains = {
        place: gain_words(values, cells[*place[:2], "baseline"])[0] for place, values in cells.items() if place[2] != "baseline"
    }
    rows = told("README.md", "| of its ten gains |")
    for words, ours, _ in rows:
        method, network = words.partition(": ")[2].split(", ")
        assert ours == gains[next(place for place in gains if place[2] == labels[method] and NETWORKS[place[1]] == network)]
    assert len(gains) == 10
