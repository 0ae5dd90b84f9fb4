"""Paper files: every name is checked, every fault is one line."""

import pytest
import yaml

from bench.plan import BenchError, load_paper, paper_names
from bench.plan.catalogue import ROOT

PAPERS = ROOT / "config" / "papers"


@pytest.mark.parametrize("name", paper_names(PAPERS))
def test_every_shipped_paper_loads(name):
    paper = load_paper(name, PAPERS)
    assert paper.tables
    assert set(paper.margins) <= set(paper.recipes)
    assert paper.own < set(paper.variants)


def test_own_methods_and_splits():
    drrnet, frskd = load_paper("drrnet", PAPERS), load_paper("frskd", PAPERS)
    assert drrnet.own == {"drrnet", "dlb-unfixed", "tfkd-unfixed"}
    assert {"frskd", "frskd-sla", "frskd-cutmix"} <= frskd.own
    assert not {"fit-skd", "cutmix", "baseline"} & frskd.own
    assert drrnet.own_split("fusar") and not frskd.own_split("cifar100")
    assert load_paper("generations", PAPERS).repeats is None


@pytest.fixture
def edited(tmp_path):
    """Write an edited copy of a paper's file and load it."""

    def load(edit):
        content = yaml.safe_load((PAPERS / "drrnet.yaml").read_text())
        edit(content)
        (tmp_path / "drrnet.yaml").write_text(yaml.safe_dump(content))
        return load_paper("drrnet", tmp_path)

    return load


def set_in(*path_and_value):
    *path, last, value = path_and_value

    def edit(content):
        for key in path:
            content = content[key]
        content[last] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (set_in("variants", "dlb", "method", "drrnet_sdk"), ("unknown method 'drrnet_sdk'", "did you mean 'drrnet_skd'")),
        (set_in("variants", "tfkd", "teachers", {"offline": "basline"}), ("unknown variant", "did you mean 'baseline'")),
        (set_in("variants", "dlb", "teachers", {"offline": "drrnet"}), ("circle", "dlb")),
        (set_in("recipes", "fusar", "epoch", 3), ("unknown key 'epoch'", "did you mean 'epochs'")),
        (set_in("recipes", "fusar", "batch_size", "16"), ("batch_size",)),
        (set_in("tables", "table2", "baseline", "nothing"), ("unknown variant 'nothing'",)),
        (
            set_in("tables", "table2", "blocks", 0, "columns", {"backbone": ["resnet81"]}),
            ("unknown backbone 'resnet81'", "resnet18"),
        ),
        (set_in("tables", "table2", "blocks", 0, "dataset", "mars"), ("dataset without a recipe 'mars'",)),
        (set_in("figures", "figure3", "variants", ["dlb", "x"]), ("unknown variant 'x'",)),
        (set_in("figures", "figure3", "panels", [{"dataset": "fusar"}]), ("backbone",)),
        (set_in("title", 3), ("title",)),
        (set_in("own", ["drnet"]), ("own: no variant is called 'drnet'", "did you mean 'drrnet'")),
        (set_in("own", ["d*", "x*"]), ("own: no variant is called 'x*'",)),
        (set_in("own", ["*"]), ("own: 'baseline' is the baseline of table1",)),
        (set_in("split", {"mars": "own"}), ("split: unknown dataset without a recipe 'mars'",)),
        (set_in("split", {"fusar": "ours"}), ("split",)),
        (set_in("repeats", 0), ("repeats",)),
        (set_in("tables", "table2", "metric", "beauty"), ("table2", "unknown metric 'beauty'", "accuracy")),
        (set_in("recipes", "fusar", "backbones", {"resnet81": {"epochs": 3}}), ("recipe fusar", "unknown backbone 'resnet81'")),
        (set_in("recipes", "fusar", "backbones", {"resnet18": {"epoch": 3}}), ("unknown key 'epoch'",)),
    ],
)
def test_a_wrong_name_is_one_line(edited, edit, words):
    with pytest.raises(BenchError) as fault:
        edited(edit)
    assert "\n" not in str(fault.value)
    for word in words:
        assert word in str(fault.value)


def test_table_r1_takes_each_dataset_s_best_backbone():
    block = load_paper("drrnet", PAPERS).tables["tableR1"].blocks[0]
    ours = block.entries[-1]
    assert [entry.backbone for entry in ours] == ["vgg11_bn", "vgg19_bn"]
    literature = block.entries[4]
    assert [(entry.variant, entry.trained) for entry in literature] == [("duw-cat-fn", False)] * 2


def test_rows_depend_on_a_column_s_key(edited):
    columns = [{"label": "Gen #0", "key": "gen0"}, {"label": "Gen #1", "key": "gen1"}]
    rows = [
        {"label": "Baseline", "variant": {"gen0": "baseline"}},
        {"label": "Chain", "variant": {"gen0": "dlb", "gen1": "drrnet"}},
        {"label": "Elsewhere", "reported": {"gen1": "them"}},
    ]
    block = {"dataset": "fusar", "backbone": "resnet18", "columns": columns, "rows": rows}
    entries = edited(set_in("tables", "table2", "blocks", [block])).tables["table2"].blocks[0].entries
    assert [[entry and (entry.variant, entry.trained) for entry in row] for row in entries] == [
        [("baseline", True), None],
        [("dlb", True), ("drrnet", True)],
        [None, ("them", False)],
    ]


def test_a_recipe_has_keys_per_backbone(edited):
    paper = edited(set_in("recipes", "fusar", "backbones", {"resnet18": {"epochs": 7, "batch_size": 8}}))
    assert [paper.recipe("fusar", name)["epochs"] for name in ("resnet18", "resnet50")] == [7, 100]
    assert "backbones" not in paper.recipe("fusar", "resnet18") and paper.recipe("mars") == {}
