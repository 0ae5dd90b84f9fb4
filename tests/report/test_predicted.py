"""Numbers per class are means over the runs whose weights were kept; pictures are in a page once."""

import pytest
from projects.paper import FACTS, make_paper, results_of

from bench.plan import Scale
from bench.records.predictions import Picture, Predicted, Predictions
from bench.report.page import table_page
from bench.report.pagedata import page_data
from bench.report.predicted import predicted_view
from bench.report.table import table_view

COLOURS = ("#000000", "#800000", "#008000")


def predictions(*per_class):
    """Of the first seeds of "ours", which have accuracies of 76, 77 and so on."""
    runs = {
        (run := f"paper/small/ships/tiny/ours/seed{seed}"): Predicted(
            run, FACTS["fingerprint"], 76.0 + seed, {"accuracy": 76.0 + seed}, {"IoU": values}, {"p": f"mask{seed}"}
        )
        for seed, values in enumerate(per_class)
    }
    return Predictions(COLOURS, {"p": Picture("address", 4, 3, "truth")}, runs)


@pytest.mark.parametrize(("first", "colours"), [("background", ["#000000", "#800000"]), ("disc", ["#800000", "#008000"])])
def test_numbers_per_class(first, colours):
    facts = {**FACTS, "data": {**FACTS["data"], "classes": [first, "ring"]}}
    view = predicted_view(results_of({"ours": (76.0, 77.0, 78.0)}, facts=facts), predictions([40.0, 10.0], [42.0, None]))
    assert view.heads == ("IoU",) and [(name, texts) for name, _, texts in view.rows] == [
        (first, ("41.00 ± 1.41",)), ("ring", ("10.00",)),
    ]  # fmt: skip
    assert [colour for _, colour, _ in view.rows] == colours and view.examples == (("p", "mask0"),)
    assert (
        view.note
        == "From the kept weights of 2 runs (seeds 0, 1), scored again: accuracy 76.50 ± 0.71, in the records 76.50 ± 0.71."
    )
    assert predicted_view(results_of({"close": (76.0,)}, facts=facts), predictions([40.0, 10.0])) is None


def test_a_page_holds_them_once_per_method_and_other_scores_of_the_record():
    results = results_of({"baseline": (70.0,), "ours": (76.0,)})
    results[1].metrics["balanced_accuracy"] = 71.0
    paper, scale = make_paper(variants=("baseline", "ours")), Scale("paper", "paper", "", comparable=True)
    view = table_view(paper, paper.tables["table2"], results, {}, scale, [0], predictions=predictions([40.0, None]))
    data = page_data(table_page(view), {})
    assert [cell["predicted"] for cell in data["cells"]] == ["", "ships/tiny/ours"]
    assert [cell["scores"] for cell in data["cells"]] == [(), (("balanced accuracy", "71.00"),)]
    assert data["predicted"]["ships/tiny/ours"]["rows"] == (("a", "#800000", ("40.00",)), ("b", "#008000", ("—",)))
    assert data["pictures"] == {"p": {"address": "address", "width": 4, "height": 3, "truth": "truth"}}
