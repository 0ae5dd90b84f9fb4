"""Numbers from elsewhere: the two forms, and a line for everything else."""

import math

import pytest

from bench.plan import BenchError
from bench.records.numbers import numbers_at, read_numbers

PLACE = ("opensarship", "resnet18", "accuracy")


@pytest.fixture
def read(tmp_path):
    def of(text):
        path = tmp_path / "mine.csv"
        path.write_text(text, encoding="utf-8")
        return read_numbers(path)

    return of


def test_a_row_per_run(read):
    found = read("dataset,backbone,seed,value\nopensarship,resnet18,0,70.5\nopensarship,resnet18,1,71.5\n")
    assert list(found) == [PLACE] and (found[PLACE].values, found[PLACE].n) == ((70.5, 71.5), 2)


def test_mean_sd_and_n(read):
    found = read("backbone,dataset,n,sd,mean\nresnet18,opensarship,5,0.5,70.5\n")[PLACE]
    assert (found.values, found.mean, found.sd, found.n) == ((), 70.5, 0.5, 5)
    assert math.isnan(read("dataset,backbone,mean,sd,n\nopensarship,resnet18,70.5,,1\n")[PLACE].sd)


def test_an_accuracy_serves_where_an_error_is_asked_for(read):
    found = read("dataset,backbone,mean,sd,n\nopensarship,resnet18,70.5,0.5,5\n")
    error = numbers_at(found, "opensarship", "resnet18", "error")
    assert (error.mean, error.sd) == (29.5, 0.5)
    assert numbers_at(found, "opensarship", "resnet18", "accuracy").mean == 70.5
    assert numbers_at(found, "opensarship", "resnet18", "best_accuracy") is None
    runs = read("dataset,backbone,value\nopensarship,resnet18,70.5\n")
    assert numbers_at(runs, "opensarship", "resnet18", "error").values == (29.5,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "found nothing"),
        ("dataset,backbone\n", "the columns must be"),
        ("dataset,backbone,value,colour\na,b,70,red\n", "the columns must be"),
        ("dataset,backbone,value,value\na,b,70,71\n", "the columns must be"),
        ("dataset,backbone,value\n", "holds no numbers"),
        ("dataset,backbone,value\na,b,good\n", "line 2: value 'good' is not a percentage"),
        ("dataset,backbone,value\na,b,nan\n", "line 2: value 'nan' is not a percentage"),
        ("dataset,backbone,value\na,b,170\n", "line 2: value '170' is not a percentage"),
        ("dataset,backbone,value\na,b,-1\n", "is not a percentage"),
        ("dataset,backbone,value\na,b,0.71\na,b,0.72\n", "percentages are expected, not fractions"),
        ("dataset,backbone,value\na,b\n", "line 2: a field is missing"),
        ("dataset,backbone,value\na,b,70,71\n", "line 2: a field is missing, or there is one too many"),
        ("dataset,backbone,seed,value\na,b,0,70\na,b,0,71\n", "line 3: a second number for seed 0"),
        ("dataset,backbone,mean,sd,n\na,b,70,1,0\n", "n '0' is not a positive whole number"),
        ("dataset,backbone,mean,sd,n\na,b,70,-1,5\n", "sd '-1' is not a percentage"),
        ("dataset,backbone,mean,sd,n\na,b,70,1,5\na,b,71,1,5\n", "line 3: a second row for a, b, accuracy"),
        ("dataset,backbone,metric,value\na,b,joy,70\n", "unknown metric 'joy'; allowed: accuracy"),
        ("dataset,backbone,metric,value\na,b,epochs,70\n", "unknown metric 'epochs'"),
    ],
)
def test_what_is_no_such_file_is_told_in_a_line(read, text, words):
    with pytest.raises(BenchError) as fault:
        read(text)
    assert words in str(fault.value) and "\n" not in str(fault.value)


def test_a_missing_or_unreadable_file_is_told(read, tmp_path):
    with pytest.raises(BenchError, match="cannot be read"):
        read_numbers(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BenchError, match="cannot be read"):
        read_numbers(tmp_path / "bytes.csv")
