"""Percent and fraction in numbers from elsewhere: refused cell by cell, with line and what is allowed."""

import math

import pytest

from bench.plan import BenchError
from bench.records.numbers import numbers_at, read_numbers

RUNS = "dataset,backbone,value\n"
METRIC = "dataset,backbone,metric,value\n"
MEANS = "dataset,backbone,mean,sd,n\n"
CELL = "opensarship,resnet18"


def read(folder, text):
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return read_numbers(path)


REFUSED = [
    (
        RUNS + f"{CELL},66.1\n{CELL},0.652\n",
        "line 3: '0.652' beside 66.1 (line 2); percentages are expected, not fractions",
    ),
    (RUNS + f"{CELL},0.652\n{CELL},66.1\n", "line 2: '0.652' beside 66.1 (line 3)"),
    (RUNS + f"{CELL},66.1\nopensarship,densenet121,0.661\n", "line 3: '0.661' beside 66.1"),
    (RUNS + f"{CELL},66.1\n\n{CELL},6.7e-1\n", "line 4: '6.7e-1' beside 66.1"),
    (RUNS + f"{CELL},66.1\nfusar,resnet18,0.7\nfusar,resnet18,0.71\n", "line 3: '0.7' in its column"),
    (RUNS + f"{CELL},1.0\n{CELL},0.98\n", "line 2: '1.0' in its column"),
    (METRIC + f"{CELL},accuracy,66\n{CELL},balanced_accuracy,.6\n", "line 3: '.6' in its column"),
    (METRIC + "voc_seg,efficientdet_d0,miou,79.1\nvoc_seg,efficientdet_d0,miou,0.8\n", "line 3: '0.8' beside 79.1"),
    (RUNS + f"{CELL},150 %\n", "line 2: value '150 %' is not a percentage; allowed: 0 to 100"),
    (RUNS + f"{CELL},-3 %\n", "line 2: value '-3 %' is not a percentage"),
    (RUNS + f"{CELL},66.1%%\n", "line 2: value '66.1%%' is not a percentage"),
    (RUNS + f"{CELL},inf\n", "line 2: value 'inf' is not a percentage"),
    (RUNS + f'{CELL},"66,1"\n', "line 2: value '66,1' is not a percentage"),
    (RUNS + f"{CELL},DNF\n", "line 2: value 'DNF' is not a percentage"),
    (MEANS + f"{CELL},72.8,0.022,5\n", "line 2: sd '0.022' beside a mean of 72.8; percentage points are expected"),
    (MEANS + f"{CELL},72.81,0.02212,5\n", "line 2: sd '0.02212'"),
    (MEANS + f"{CELL},72.8,0.01,5\n", "line 2: sd '0.01'"),
    (MEANS + f"{CELL},0.728,2.2,5\n", "line 2: '0.728' in its column"),
    (MEANS + f"{CELL},72.8,2.2,5\nopensarship,vgg11,0.7,2.2,5\n", "line 3: '0.7' beside 72.8 (line 2)"),
    (MEANS + f"{CELL},72.8,60,5\n", "line 2: sd '60' beside a mean of 72.8; allowed: up to 49.9"),
    (MEANS + f"{CELL},99.9,5,5\n", "line 2: sd '5' beside a mean of 99.9; allowed: up to"),
    (MEANS + f"{CELL},72.8,150,5\n", "line 2: sd '150' is not a percentage"),
    (MEANS + f"{CELL},72.8,1.2,1\n", "line 2: sd '1.2' of one run (n = 1)"),
    (MEANS + f"{CELL},72.8,0,1\n", "line 2: sd '0' of one run (n = 1)"),
    (MEANS + f"{CELL},72.8,1.2,2.5\n", "line 2: n '2.5' is not a positive whole number"),
    (MEANS + f"{CELL},diverged,1.2,5\n", "line 2: sd '1.2' beside a mean that is 'diverged'"),
    ("dataset,backbone,mean,sd,n,metric\n" + f"{CELL},72.8,1,5,accuracy\n{CELL},27.2,1,5,error\n", "has accuracy and error"),
    ("dataset,backbone,seed,value\n" + f"{CELL},0,66\n{CELL},0.0,67\n", "line 3: a second number for seed 0"),
    ("dataset,backbone,seed,value\n" + f"{CELL},00,66\n{CELL},0,67\n", "line 3: a second number for seed 0"),
    ("dataset,backbone,seed,value\n" + f"{CELL},first,66\n", "line 2: seed 'first' is not a whole number"),
    (RUNS + f"{CELL},diverged\n{CELL},0.66\n", "line 3: '0.66' in its column"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=range(len(REFUSED)))
def test_a_unit_that_cannot_be_meant_is_refused_with_its_line(tmp_path, text, words):
    with pytest.raises(BenchError) as fault:
        read(tmp_path, text)
    assert words in str(fault.value) and "\n" not in str(fault.value)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        (METRIC + f"{CELL},error,4.6\n{CELL},error,0.8\n", (4.6, 0.8)),
        (METRIC + f"{CELL},top5_error,0.8\n{CELL},top5_error,0.3\n", (0.8, 0.3)),
        (RUNS + f"{CELL},66.1\n{CELL},0.5 %\n", (66.1, 0.5)),
        (RUNS + f"{CELL},66.1%\n{CELL},67 %\n", (66.1, 67.0)),
        (RUNS + f"{CELL},66.1\n{CELL},0\n", (66.1, 0.0)),
        (RUNS + "cifar100,resnet18,66.1\ncifar100,resnet18,1.00\n", (66.1, 1.0)),
        (RUNS + f"{CELL},100\n", (100.0,)),
    ],
)
def test_what_may_be_meant_is_read(tmp_path, text, means):
    (numbers,) = read(tmp_path, text).values()
    assert numbers.values == means


@pytest.mark.parametrize(
    ("line", "sd", "n"),
    [
        ("stanford_dogs,resnet50,63.38,0.04,3", 0.04, 3),  # printed so in a paper
        ("opensarship,resnet18,61,0.05,5", 0.05, 5),
        ("opensarship,resnet18,60.98,0.00,5", 0.0, 5),  # one class for every image
        ("cifar10,resnet18,95.975,0.022,5", 0.022, 5),  # three decimals everywhere
        ("opensarship,resnet18,66.1,0.022 %,5", 0.022, 5),
        ("opensarship,resnet18,66.1,1.2,5.0", 1.2, 5),  # as tables saved again have it
        ("opensarship,resnet18,50,70.6,2", 70.6, 2),  # 0 and 100
    ],
)
def test_a_standard_deviation_that_may_be_meant_is_read(tmp_path, line, sd, n):
    (numbers,) = read(tmp_path, MEANS + line + "\n").values()
    assert (numbers.sd, numbers.n) == (sd, n)


def test_a_run_that_diverged_is_counted_and_has_no_number(tmp_path):
    found = read(tmp_path, RUNS + f"{CELL},66.1\n{CELL}, Diverged\n{CELL},67.1\n")
    numbers = numbers_at(found, "opensarship", "resnet18", "accuracy")
    assert (numbers.values, numbers.n, numbers.diverged) == ((66.1, 67.1), 3, 1)
    assert numbers_at(found, "opensarship", "resnet18", "error").diverged == 1


def test_a_cell_without_a_run_that_ended_is_read(tmp_path):
    (runs,) = read(tmp_path, RUNS + f"{CELL},diverged\n").values()
    (means,) = read(tmp_path, MEANS + f"{CELL},diverged,,5\n").values()
    assert (runs.values, runs.n, runs.diverged) == ((), 1, 1)
    assert (means.values, means.n, means.diverged) == ((), 5, 5) and math.isnan(means.mean)
