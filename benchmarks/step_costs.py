"""Count what a training step costs, for tables in which methods train at equal compute.

    python benchmarks/step_costs.py            # writes bench/plan/step_costs.csv
    python benchmarks/step_costs.py --missing  # keeps the lines that are there and are still asked for
    python benchmarks/step_costs.py --method my_method.py --set scale=laptop  # a method of one's own: my_method.steps.csv

Counted per fresh image with torch's counter (a multiply-add is two): forward and backward pass of student, auxiliary modules
and teachers, as ``bench.train.flops`` counts them at the end of a training; elementwise work is left out. One line for every
method, network and image size in such a table of any paper, at the scales named. Methods that leave out blocks at random are
counted over ``DRAWS`` steps. Run it again after adding a method or a column; a test says so.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.data import Dataset, ImageSet
from bench.plan import Plan, Run, load_settings, settings_from
from bench.plan.catalogue import backbone_facts, dataset_facts
from bench.plan.comparison import columns_of, name_of
from bench.plan.compute import COLUMNS, STEP_COSTS, own_counts, row_of, step_key
from bench.plan.files import write_atomically
from bench.tasks import build_network
from bench.train import Machine, build_training
from bench.train.flops import count_flops

SCALES = ("demo", "laptop", "paper")
DRAWS = 200
RANDOM = ("self_guidance", "stochastic_depth")  # whose steps differ from draw to draw
MACHINE = Machine(torch.device("cpu"), "fp32")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=STEP_COSTS)
    parser.add_argument("--missing", action="store_true", help="count what the file lacks")
    parser.add_argument("--method", type=Path, help="count a method of one's own, at the scale that the settings say")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting, as new_method_params")
    options = parser.parse_args()
    torch.set_num_threads(1)
    known = counted_already() if options.missing else {}
    found: dict[tuple[str, ...], int] = {}
    configs = (pair for scale in SCALES for pair in counted_configs(scale))
    if options.method:
        configs, options.output = configs_of_own(options.method, options.set), own_counts(options.method)
    for config, teachers in configs:
        key = step_key(config, teachers)
        if key in known:
            found[key] = known[key]
        if key not in found:
            draws = DRAWS if config["method"]["name"] in RANDOM else 1
            found[key] = round(counted(config, teachers, draws, [str(options.method)] if options.method else []))
            print(*key[:4], f"{found[key]:,}", flush=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((*key, flops) for key, flops in sorted(found.items()))
    write_atomically(options.output, text.getvalue())
    print(f"{options.output}: {len(found)} steps")


def counted_already() -> dict[tuple[str, ...], int]:
    """The lines of the file."""
    with STEP_COSTS.open(encoding="utf-8", newline="") as file:
        return {tuple(row[column] for column in COLUMNS[:-1]): int(row[COLUMNS[-1]]) for row in csv.DictReader(file)}


def counted_configs(scale: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Config and teachers' configs of every run that a table which shows compute needs, at a scale."""
    plan = Plan(settings_from({"scale": scale, "seeds": [0]}))
    runs: dict[Run, None] = {}
    for paper in plan.papers.values():
        for table in (table for table in paper.tables.values() if table.compute):
            runs.update(dict.fromkeys(plan.runs_of_item(paper.name, table.name)))
    for run in runs:
        yield plan.resolve(run), {role: plan.resolve(teacher) for role, teacher in plan.teachers(run).items()}


def configs_of_own(method: Path, assignments: list[str]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Those of a new method in every column of the tables that show compute."""
    plain = Plan(load_settings(assignments))
    shown = [(paper.name, table) for paper in plain.papers.values() for table in paper.tables.values()]
    tables = [f"{paper}/{table.name}" for paper, table in shown if table.compute]
    plan = Plan(load_settings([*assignments, f"new_method={json.dumps(str(method))}", f"compare={json.dumps(tables)}"]))
    for paper, table in (plan.target(name) for name in tables):
        row = row_of(plan.table(paper, table), plan.paper(paper), name_of(plan.settings))
        for column in columns_of(plan.table(paper, table)):
            run = plan.cell(paper, *column.place, row).run(0)
            yield plan.resolve(run), {role: plan.resolve(teacher) for role, teacher in plan.teachers(run).items()}


def counted(config: dict[str, Any], teachers: dict[str, Any], draws: int, plugins: list[str]) -> float:
    """Operations of a step per fresh image, of networks with random weights on noise."""
    classes, size = len(dataset_facts(config["data"]["name"])["classes"]), config["recipe"]["image_size"]
    networks = {role: _network(theirs["backbone"], classes) for role, theirs in teachers.items()}
    images = torch.randint(256, (8, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    noise = ImageSet(images, torch.arange(8) % classes)
    recipe = {**config["recipe"], "batch_size": 8, "augmentation": [], "test_resize": size}
    data = Dataset("noise", tuple(map(str, range(classes))), True, noise, noise, "")
    return count_flops(build_training({**config, "recipe": recipe}, data, networks, MACHINE, plugins), draws).step


def _network(backbone: dict[str, Any], classes: int) -> Any:
    facts = backbone_facts(backbone["name"])
    task = {"task": facts["task"]} if "task" in facts else {}
    return build_network(backbone["name"], classes, width=backbone["width"], **task, **backbone["options"])


if __name__ == "__main__":
    main()
