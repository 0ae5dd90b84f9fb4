"""Which runs the words of a command mean, and which cells any table or figure knows."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from bench.plan import BenchError, Cell, Plan, Run, parse_run


def named_runs(plan: Plan, words: Sequence[str]) -> list[Run]:
    """The runs of tables, figures (``drrnet/table2``), cells and runs by their ids, each once; no word means every table.

    Teachers are in only where a table shows them.
    """
    runs: dict[Run, None] = {}
    for word in words or ("all",):
        parts = word.removeprefix("results/runs/").removesuffix(".json").split("/")
        if word == "all":
            found = [run for paper in plan.papers for item in _numbers(plan, paper) for run in _runs_of(plan, paper, item)]
        elif len(parts) == 6:
            found = [parse_run(word)]
        elif len(parts) == 5:
            found = plan.runs([Cell(*parts)])
        else:
            found = _runs_of(plan, *plan.target(word))
        runs.update(dict.fromkeys(found))
    known = known_cells(plan, {run.cell.paper for run in runs})
    for run in runs:
        refuse_unknown(plan, run, known)
    return list(runs)


def known_cells(plan: Plan, papers: Iterable[str]) -> set[Cell]:
    """Every cell that a table or figure of ``papers`` shows, and those that they learn from."""
    seed = plan.settings.seeds[:1]
    shown = {cell for paper in papers for item in plan.paper(paper).items for cell in plan.cells_of(paper, item)}
    return {run.cell for run in plan.with_teachers(cell.run(number) for cell in shown for number in seed)}


def refuse_unknown(plan: Plan, run: Run, known: Container[Cell]) -> None:
    if run.cell.scale != plan.scale.name:
        raise BenchError(f"{run.id}: is of scale '{run.cell.scale}', the settings say '{plan.scale.name}'")
    if run.cell not in known:
        plan.resolve(run)  # says which part of the id is unknown
        raise BenchError(f"{run.id}: no table or figure of '{run.cell.paper}' shows or needs it")


def _numbers(plan: Plan, paper: str) -> list[str]:
    """The tables and figures that show numbers; figures of networks need one seed, and rows hold no networks."""
    figures = plan.paper(paper).figures
    return [item for item in plan.paper(paper).items if item not in figures or not figures[item].probed]


def _runs_of(plan: Plan, paper: str, item: str) -> list[Run]:
    return plan.runs(plan.cells_of(paper, item))
