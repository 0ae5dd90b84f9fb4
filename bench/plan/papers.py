"""Read ``config/papers/<paper>.yaml`` into values, checking every name that it uses."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.plan.catalogue import backbone_files, method_facts, method_files
from bench.plan.compute import EQUAL, at_equal_compute, derived, is_plain
from bench.plan.errors import BenchError, one_of
from bench.plan.figures import ProbedFigure, figure_from
from bench.plan.files import listed
from bench.plan.layout import table_from
from bench.plan.plugins import paper_plugins
from bench.plan.schema import load_yaml, validate
from bench.plan.source import in_suite
from bench.plan.tuned import TUNED, load_tuned, overrides_of
from bench.plan.values import Paper, Teacher, Variant


def paper_names(folder: Path, plugins: Iterable[str] = ()) -> list[str]:
    """The papers of a folder, then those among the plug-ins.

    Raises
    ------
    BenchError
        If two are called the same.
    """
    names = [path.stem for path in listed(folder, ".yaml")]
    for name, path in paper_plugins(plugins).items():
        if name in names:
            raise BenchError(f"plug-in '{path}': a paper called '{name}' exists already; rename the file")
        names.append(name)
    return names


def load_paper(name: str, folder: Path, plugins: Iterable[str] = ()) -> Paper:
    """Read and check one paper.

    Raises
    ------
    BenchError
        Unknown paper, key, method, backbone, variant, dataset or teacher; told in one line.
    """
    plugins = tuple(plugins)
    if not folder.is_dir():
        raise BenchError(f"papers_dir '{folder}' is no folder")
    names = paper_names(folder, plugins)
    if name not in names:
        raise BenchError(f"unknown paper '{name}'; {one_of(name, names)}")
    own = paper_plugins(plugins).get(name)
    file = own or folder / f"{name}.yaml"
    source, content = in_suite(file), load_yaml(file)
    validate(content, "paper", source)
    labels = {str(key): str(value) for key, value in content.get("labels", {}).items()}
    chosen = load_tuned(content.get("tuned", ()), file.parent)
    variants = {key: _variant(key, facts, chosen, source) for key, facts in content["variants"].items()}
    label_of = {**labels, **{key: variant.label for key, variant in variants.items()}}
    tables = {key: table_from(key, facts, label_of, f"{source}, {key}") for key, facts in content["tables"].items()}
    paper = Paper(
        name=name,
        title=content["title"],
        short=content["short"],
        citation=content["citation"],
        repeats=content.get("repeats"),
        recipes=content["recipes"],
        variants=variants,
        tables=tables,
        figures={key: figure_from(key, facts, f"{source}, {key}", tables) for key, facts in content.get("figures", {}).items()},
        labels=labels,
        assumptions=content.get("assumptions", {}),
        margins=content.get("margins", {}),
        recipe_version=content.get("recipe_version", 1),
        own=_own(content.get("own", ()), variants, source),
        split=content.get("split", {}),
        plugins=plugins,
        links=content.get("links", {}),
    )
    _check_names(paper, source, method_files(plugins))
    return _with_equal_compute(paper, method_files(plugins))


def _with_equal_compute(paper: Paper, methods: Mapping[str, Path]) -> Paper:
    """The paper with the variants that its tables at equal compute show in the place of those that they name.

    A method whose step is the baseline's and that learns from no other training is at equal compute as it is.
    """
    variants, tables = dict(paper.variants), dict(paper.tables)
    for name, table in paper.tables.items():
        if table.compute != EQUAL:
            continue
        named = dict.fromkeys(entry.variant for entry in table.entries() if entry.trained)
        untouched = (table.baseline, *table.controls)
        dear = [each for each in named if each not in untouched and not is_plain(paper.variants[each], methods)]
        variants |= derived(dear, paper.variants, table.baseline)
        tables[name] = at_equal_compute(table, dear)
    return replace(paper, variants=variants, tables=tables)


def _own(patterns: Iterable[str], variants: Mapping[str, Variant], source: str) -> frozenset[str]:
    """The paper's own variants; a name may hold ``*``, and one that fits none is a fault."""
    own: set[str] = set()
    for pattern in patterns:
        found = fnmatch.filter(variants, pattern)
        if not found:
            raise BenchError(f"{source}, own: no variant is called '{pattern}'; {one_of(pattern, variants)}")
        own.update(found)
    return frozenset(own)


def _variant(name: str, facts: Mapping[str, Any], chosen: Sequence[Mapping[str, Any]], source: str) -> Variant:
    params, overrides, tuned = facts.get("params", {}), tuple(facts.get("overrides", ())), ""
    if params == TUNED:
        found, tuned = overrides_of(name, chosen, source)
        params, overrides = {}, (*overrides, *found)
    teachers = {
        role: Teacher(**({"variant": teacher} if isinstance(teacher, str) else teacher))
        for role, teacher in facts.get("teachers", {}).items()
    }
    return Variant(
        name=name,
        method=facts["method"],
        label=facts["label"],
        params=params,
        teachers=teachers,
        overrides=overrides,
        recipe=facts.get("recipe", {}),
        tuned=tuned,
    )


def _check_names(paper: Paper, source: str, methods: Mapping[str, Path]) -> None:
    def check(word: str, allowed: Iterable[str], what: str, where: str) -> None:
        if word not in allowed:
            raise BenchError(f"{source}, {where}: unknown {what} '{word}'; {one_of(word, allowed)}")

    backbones = backbone_files()
    for dataset in paper.split:
        check(dataset, paper.recipes, "dataset without a recipe", "split")
    for table in paper.tables.values():
        if table.baseline in paper.own:
            raise BenchError(f"{source}, own: '{table.baseline}' is the baseline of {table.name}")
    for dataset, recipe in paper.recipes.items():
        for name in recipe.get("backbones", {}):
            check(name, backbones, "backbone", f"recipe {dataset}")
    for variant in paper.variants.values():
        check(variant.method, methods, "method", f"variant {variant.name}")
        for role, teacher in variant.teachers.items():
            check(teacher.variant, paper.variants, "variant", f"teacher '{role}' of {variant.name}")
            named = teacher.backbone if isinstance(teacher.backbone, Mapping) else {"": teacher.backbone or ""}
            for name in filter(None, (*named, *named.values())):
                check(name, backbones, "backbone", f"teacher '{role}' of {variant.name}")
    for table in paper.tables.values():
        for control in table.controls:
            check(control, paper.variants, "variant", f"controls of {table.name}")
        check(table.baseline, paper.variants, "variant", f"baseline of {table.name}")
        for entry in table.entries():
            if entry.kind != "reported":
                check(entry.variant, paper.variants, "variant", table.name)
                check(entry.backbone, backbones, "backbone", table.name)
                check(entry.dataset, paper.recipes, "dataset without a recipe", table.name)
    for figure in paper.figures.values():
        for dataset, backbone, variant_name in figure.cells():
            check(variant_name, paper.variants, "variant", figure.name)
            check(dataset, paper.recipes, "dataset without a recipe", figure.name)
            check(backbone, backbones, "backbone", figure.name)
        if isinstance(figure, ProbedFigure):
            method = method_facts(methods[paper.variants[figure.variant].method])
            if method.get("trains") is False:
                raise BenchError(f"{source}, {figure.name}: '{figure.variant}' trains nothing and has no network to show")
    _refuse_circles(paper, source)


def _refuse_circles(paper: Paper, source: str) -> None:
    """A variant that is its own teacher's student would never start."""
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise BenchError(f"{source}: teachers go in a circle: {' <- '.join((*path, name))}")
        if name not in done:
            for teacher in paper.variants[name].teachers.values():
                if teacher.backbone is None and teacher.dataset is None:
                    walk(teacher.variant, (*path, name))
            done.add(name)

    for name in paper.variants:
        walk(name, ())
