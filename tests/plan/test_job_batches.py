"""Which runs one process trains."""

from dataclasses import replace

import pytest

from bench.plan import BenchError, JobBatch, Plan, batches, load_scale, settings_from
from bench.plan.batches import cut
from bench.plan.catalogue import ROOT
from bench.plan.scales import scale_names

RECORD = "results/runs/{scale}/{paper}/{dataset}/{backbone}/{variant}/seed{seed}.json"
PAIR = {"paper": "drrnet", "dataset": "fusar", "backbones": ["resnet18", "alexnet"]}
SCALES = ROOT / "config" / "scales"


def plan_with(together=(), seeds=(), **settings):
    plan = Plan(settings_from({"seeds": [0, 1, 2], **settings}))
    plan.__dict__["scale"] = replace(plan.scale, seeds_per_job=2, together=together, seeds=dict(seeds))
    return plan


def test_seeds_are_cut_into_jobs():
    assert cut((0, 1, 2, 3, 4), 5) == [(0, 1, 2, 3, 4)]
    assert cut((0, 1, 2, 3, 4), 2) == [(0, 1), (2, 3), (4,)]
    assert cut((7,), 1) == [(7,)]


def test_a_job_has_as_many_seeds_as_train_at_a_time():
    assert batches(plan_with(seeds_at_once=3)) == [JobBatch((0, 1, 2))]
    assert batches(plan_with(seeds_at_once=1)) == batches(plan_with())


def test_a_batch_of_whichever_cell_has_wildcards():
    plan = plan_with()
    assert batches(plan) == [JobBatch((0, 1)), JobBatch((2,))]
    first, _ = batches(plan)
    assert first.name == "train_seed0_1" and not first.together
    assert first.paths(RECORD) == [RECORD.replace("{seed}", seed) for seed in "01"]
    words = {"scale": "demo", "paper": "drrnet", "dataset": "fusar", "backbone": "resnet18", "variant": "dlb"}
    assert [run.id for run in first.runs(plan, words)] == [f"demo/drrnet/fusar/resnet18/dlb/seed{seed}" for seed in (0, 1)]
    assert [str(run.record) for run in first.runs(plan, words)] == [path.format(**words) for path in first.paths(RECORD)]


def test_backbones_that_are_trained_together_are_one_job_of_a_variant_and_come_first():
    plan = plan_with([PAIR])
    first, *_ = found = batches(plan)
    names = [f"train{words}_seed{seeds}" for words in ("_drrnet_fusar_resnet18", "") for seeds in ("0_1", "2")]
    assert [batch.name for batch in found] == names
    assert first.together and first.paths("{scale}-{paper}-{dataset}-{backbone}-{variant}-{seed}") == [
        f"{{scale}}-drrnet-fusar-{backbone}-{{variant}}-{seed}" for backbone in ("resnet18", "alexnet") for seed in (0, 1)
    ]
    words = {"scale": "demo", "variant": "dlb"}
    assert [str(run.record) for run in first.runs(plan, words)] == [path.format(**words) for path in first.paths(RECORD)]


@pytest.mark.parametrize("arrays", [False, True])
def test_a_paper_with_seeds_of_its_own_comes_before_the_others_and_has_no_more(arrays):
    plan = plan_with([PAIR], {"frskd": 1, "drrnet": 2}, array_jobs=arrays)
    assert (plan.seeds_of("frskd"), plan.seeds_of("drrnet"), plan.seeds_of("arena")) == ((0,), (0, 1), (0, 1, 2))
    assert {run.seed for run in plan.runs_of("frskd/table1")} == {0}
    found = batches(plan)
    if not arrays:
        assert [batch.name for batch in found] == [
            "train_drrnet_fusar_resnet18", "train_frskd", "train_drrnet", "train_seed0_1", "train_seed2",
        ]  # fmt: skip
    papers = [batch.paper for batch in found]
    assert papers == sorted(papers, key=lambda paper: not paper) and {"frskd", "drrnet", ""} == set(papers)
    runs = [run for batch in found for cell in batch.apart for run in (cell.run(seed) for seed in batch.seeds)]
    cells = {run.cell for run in plan.runs_of("all")} if arrays else ()
    assert sorted(runs) == sorted(cell.run(seed) for cell in cells for seed in plan.seeds_of(cell.paper))


def test_a_backbone_is_trained_together_once():
    with pytest.raises(BenchError, match="'alexnet' is named twice for drrnet, fusar"):
        batches(plan_with([PAIR, {**PAIR, "backbones": ["alexnet", "vgg16_bn"]}]))
    assert len(batches(plan_with([PAIR, {**PAIR, "dataset": "opensarship"}]))) == 6


def test_arrays_keep_a_dataset_and_backbone_apart_and_hold_each_run_once():
    plan = plan_with([PAIR], array_jobs=True)
    found = batches(plan)
    assert not any(batch.together for batch in found)
    runs = [cell.run(seed) for batch in found for cell in batch.apart for seed in batch.seeds]
    assert len(set(runs)) == len(runs)
    assert set(runs) == {run.cell.run(seed) for run in plan.runs_of("all") for seed in (0, 1, 2)}
    assert len({batch.name for batch in found}) == len(found)


@pytest.mark.parametrize("name", scale_names(SCALES))
def test_what_a_scale_trains_together_is_asked_for_together(name):
    """A job must not train what no table or figure needs."""
    plan = Plan(settings_from({"scale": name, "seeds": [0]}))
    assert plan.scale == load_scale(name, SCALES)
    cells = {run.cell for run in plan.runs_of("all")}
    for group in plan.scale.together:
        variants = [
            {
                cell.variant
                for cell in cells
                if (cell.paper, cell.dataset, cell.backbone) == (group["paper"], group["dataset"], each)
            }
            for each in group["backbones"]
        ]
        assert variants[0] and all(found == variants[0] for found in variants), group
