"""Short names show the page of the scale that is asked for, whatever came before; the real Snakefile, scales taking turns."""

import csv
import shutil

import pytest
import yaml
from projects.workflow import copied

SHORT, FIGURE = "reports/table2.html", "reports/drrnet/figure3.svg"
pytestmark = pytest.mark.xdist_group("scales")  # trained once, not once per worker


@pytest.fixture(scope="module")
def scales(finished, tmp_path_factory):
    """The finished project with a second scale, of one epoch, that was asked for once; and stored rows of it."""
    made = copied(finished, tmp_path_factory.mktemp("scales") / "copy")
    scale = yaml.safe_load(made.scale.read_text())
    scale["recipe"]["epochs"], scale["title"] = 1, "short"
    made.write(made.scale.with_name("short.yaml"), scale)
    ask(made, SHORT, FIGURE, scale="short")
    done = made.bench("store", "add", "drrnet/table2", "--set", "scale=short", "--set", "stored_dir=stored")
    assert done.returncode == 0, done.stderr
    return made


def ask(project, *targets, scale="demo"):
    done = project.snakemake(*targets, config=(f"scale={scale}",))
    assert done.returncode == 0, done.stdout + done.stderr


def shown(project, name=SHORT):
    """The scale that a page of a table is of."""
    text = (project.folder / name).read_text()
    (found,) = {scale for scale in ("demo", "short") if f"All papers ({scale})" in text}
    return found


def test_scales_take_turns_under_one_name(scales, tmp_path):
    made = copied(scales, tmp_path / "copy")
    records = made.records()
    for scale in ("short", "demo", "short"):
        ask(made, SHORT, FIGURE, scale=scale)
        assert shown(made) == scale and f"Ours, scale {title(made, scale)}." in (made.folder / FIGURE).read_text()
        shutil.rmtree(made.folder / ".snakemake")  # what Snakemake remembers decides nothing
    assert made.jobs(SHORT, FIGURE, config=("scale=short",)) == {}
    assert made.jobs(SHORT, FIGURE) == {"alias": 2}
    assert made.records() == records


def title(project, scale):
    return yaml.safe_load(project.scale.with_name(f"{scale}.yaml").read_text())["title"]


def test_a_page_of_stored_rows_touches_no_page_of_the_workflow(scales, tmp_path):
    made = copied(scales, tmp_path / "copy")
    ask(made, SHORT)
    before = (made.folder / SHORT).read_bytes()
    done = made.bench("report", "drrnet/table2", "--stored", "--set", "scale=short", "--set", "stored_dir=stored")
    assert done.returncode == 0, done.stderr
    assert (made.folder / "reports/stored/short/drrnet/table2.html").is_file()
    assert made.jobs(SHORT) == {} and (made.folder / SHORT).read_bytes() == before and shown(made) == "demo"


def test_a_page_rendered_by_hand_with_other_settings_does_not_stay(scales, tmp_path):
    made = copied(scales, tmp_path / "copy")
    ask(made, SHORT)
    done = made.bench("report", "drrnet/table2", "--set", "seeds=[0]")
    assert done.returncode == 0, done.stderr
    path = made.folder / "reports/demo/drrnet/table2.csv"
    other = [*csv.DictReader(path.open())]
    assert made.made(SHORT) == {"table": 1, "alias": 1}
    rows = [*csv.DictReader(path.open())]
    assert [row["seed"] for row in rows if row["row"] == "seed"] == ["0", "1"] * 2 and other != rows
    assert made.jobs(SHORT) == {}


def test_what_is_edited_or_deleted_is_made_again(scales, tmp_path):
    """Under a short name; the test of the pages that are made again has the other files."""
    made = copied(scales, tmp_path / "copy")
    ask(made, SHORT)
    whole = (made.folder / SHORT).read_bytes()
    for change in (lambda path: path.write_text("edited"), lambda path: path.unlink()):
        change(made.folder / SHORT)
        assert made.made(SHORT) == {"alias": 1}
        assert (made.folder / SHORT).read_bytes() == whole


def test_a_scale_whose_data_is_not_there_leaves_no_page_of_another_one(scales, tmp_path):
    """At the paper's scale without a copy of the data: no dry run deletes anything, and the real one fails in one line."""
    made = copied(scales, tmp_path / "copy")
    scale = {"title": "paper", "note": "Exactly the paper's.", "comparable": True}
    made.write(made.scale.with_name("paper.yaml"), scale)
    ask(made, SHORT)
    assert made.jobs(SHORT, config=("scale=paper",))["alias"] == 1 and shown(made) == "demo"
    done = made.snakemake(SHORT, config=("scale=paper",))
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip().startswith("error: ")]
    assert done.returncode != 0 and len(set(lines)) == 1 and "opensarship" in lines[0], lines
    assert not (made.folder / SHORT).exists() and not (made.folder / "reports/paper").exists()
    assert shown(made, "reports/demo/drrnet/table2.html") == "demo"  # the page of the scale is where it was
    by_hand = made.bench("report", "drrnet/table2", "--set", "scale=paper")
    assert by_hand.returncode == 1 and "none of its 4 runs is trained at scale 'paper'" in by_hand.stderr
    ask(made, SHORT)
    assert shown(made) == "demo"


def test_the_index_and_the_document_are_of_the_scale_that_is_asked_for(scales, tmp_path):
    made = copied(scales, tmp_path / "copy")
    for scale in ("short", "demo"):
        ask(made, "reports/index.html", "reports/paper.tex", scale=scale)
        assert f"tables and figures ({scale})" in (made.folder / "reports/index.html").read_text()
        assert f'href="{scale}/drrnet/table2.html"' in (made.folder / "reports/index.html").read_text()
        assert f"IfFileExists{{{scale}/paper.tex}}" in (made.folder / "reports/paper.tex").read_text()
    assert made.jobs("reports/index.html", "reports/paper.tex") == {}
