"""Backbones that one process trains together."""

import json

from projects.workflow import timeless

CELLS = [f"demo/drrnet/opensarship/{backbone}/baseline" for backbone in ("resnet18", "alexnet")]
RUNS = [[f"{cell}/seed{seed}" for seed in (0, 1)] for cell in CELLS]
RECORDS = [f"results/runs/{run}.json" for runs in RUNS for run in runs]


def widened(project, together):
    """The project with a second backbone and the baseline alone; maybe one process for both."""

    def columns(content):
        content["tables"]["table2"]["blocks"][0].update(
            columns={"backbone": ["resnet18", "alexnet"]}, rows={"variant": ["baseline"]}
        )

    project.edit(project.paper, columns)
    pair = {"paper": "drrnet", "dataset": "opensarship", "backbones": ["resnet18", "alexnet"]}
    project.edit(project.scale, lambda content: content.update(together=[pair] if together else []))
    project.edit(project.scale, lambda content: content["recipe"].update(image_size=64))  # AlexNet takes no smaller one
    return project


def test_one_process_trains_both_and_the_results_are_the_same(project):
    widened(project, together=False)
    project.edit(project.scale, lambda content: content["recipe"].update(epochs=2))
    for runs in RUNS:
        done = project.bench("train", *runs)
        assert done.returncode == 0, done.stdout + done.stderr
    alone = project.records()
    for folder in ("results/runs", "results/work"):
        (project.folder / folder).rename(project.folder / f"{folder}-alone")
    assert widened(project, together=True).made(*RECORDS)["train_drrnet_opensarship_resnet18"] == 1
    both = project.records()
    assert list(both) == list(alone) and len(both) == 4
    assert {path: timeless(text) for path, text in both.items()} == {path: timeless(text) for path, text in alone.items()}
    assert project.jobs(*RECORDS) == {}
    log = (project.folder / "logs/train/demo/drrnet/opensarship/resnet18/baseline/seed0.log").read_text()
    assert "resnet18/baseline/seed1: epoch 2/2" in log and "alexnet/baseline/seed0: epoch 1/2" in log
    assert widened(project, together=False).jobs(*RECORDS, "--forcerun", "train") == {"train": 2}
    for runs in RUNS:  # taken apart later, each job publishes what it has
        assert project.bench("train", *runs).returncode == 0
    assert project.records() == both


def test_one_cell_that_cannot_be_tried_leaves_the_other(project):
    """AlexNet takes no image of 32 pixels."""
    widened(project, together=True)
    project.edit(project.scale, lambda content: content["recipe"].update(image_size=32, epochs=1))
    done = project.snakemake(*RECORDS)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {path.split("/")[-3]: json.loads(text)["status"] for path, text in project.records().items()}
    assert found == {"resnet18": "finished", "alexnet": "failed"}
