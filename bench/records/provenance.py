"""How a result came about, read once from its record or row into typed values; what that does not say is ``None`` or empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts


@dataclass(frozen=True)
class Data:
    """The images: sizes of both sets, number of classes, digest of images and labels; the split where a set has several."""

    name: str = ""
    title: str = ""
    digest: str = ""
    stand_in: bool = False
    train: int | None = None
    test: int | None = None
    classes: int | None = None
    split: str = ""

    @property
    def images(self) -> str:
        split = f" (split '{self.split}')" if self.split else ""
        return f"{_or(self.train)} training and {_or(self.test)} test images{split}"


@dataclass(frozen=True)
class Recipe:
    """What of the resolved config readers ask for first; ``held_out`` is the share of the training set for validation."""

    version: int | None = None
    method: str = ""
    width: float | None = None
    epochs: int | None = None
    image_size: int | None = None
    batch_size: int | None = None
    optimiser: str = ""
    learning_rate: float | None = None
    selection: str = "last"
    held_out: float = 0.0


@dataclass(frozen=True)
class Cost:
    """Seconds (and those of its teachers' trainings), MiB, images per second; parameters of the student, further ones while
    training; passes as the baseline's.
    """

    train_seconds: float | None = None
    images_per_second: float | None = None
    peak_memory_mb: float | None = None
    parameters: float | None = None
    extra_parameters: float | None = None
    relative_cost: float | None = None
    teacher_seconds: float | None = None


@dataclass(frozen=True)
class Hardware:
    """What it was trained on; ``gpu`` is empty where none was used, ``tf32`` says what of fp32 it computed in TF32."""

    cpu: str = ""
    gpu: str = ""
    threads: int | None = None
    tf32: Mapping[str, bool] = field(default_factory=dict, hash=False)

    @property
    def device(self) -> str:
        return self.gpu or self.cpu


@dataclass(frozen=True)
class Code:
    """The project's commit, whether tracked files differed from it, and the fingerprints of config and code."""

    commit: str = ""
    dirty: bool | None = None
    config: str = ""
    code: str = ""


@dataclass(frozen=True)
class Claims:
    """How a result is judged, as fixed before it was there: own methods (families follow), margin in pp, looks, and commit."""

    own: tuple[str, ...] = ()
    margin: float | None = None
    looks: int = 1
    commit: str = ""


@dataclass(frozen=True)
class Provenance:
    """How one result came about; ``source`` is fresh or stored, ``versions`` are name and version of libraries."""

    source: str
    data: Data
    recipe: Recipe
    cost: Cost
    hardware: Hardware
    code: Code
    precision: str
    versions: tuple[tuple[str, str], ...]
    claims: Claims | None = None  # of older results it is not known

    @property
    def arithmetic(self) -> str:
        """The precision, and what of fp32 was TF32."""
        reduced = [name for name, is_so in self.hardware.tf32.items() if is_so] if self.precision == "fp32" else []
        return self.precision + (f" ({' and '.join(reduced)} in TF32)" if reduced else "")

    @classmethod
    def of(cls, facts: Mapping[str, Any], source: str) -> Provenance:
        """Read the facts of a result, as :class:`bench.records.result.Result` holds them."""
        config, fingerprint = part(facts, "config"), facts.get("fingerprint", "")
        return cls(
            source=source,
            data=_data(part(facts, "data"), part(config, "data")),
            recipe=_recipe(config),
            cost=Cost(**_known(part(facts, "cost"), Cost)),
            hardware=Hardware(**_known(part(facts, "hardware"), Hardware)),
            code=Code(
                **_known(part(facts, "git"), Code)
                | _known(fingerprint if isinstance(fingerprint, Mapping) else {"config": fingerprint}, Code)
            ),
            precision=str(facts.get("precision") or ""),
            versions=tuple((str(name), str(version)) for name, version in part(facts, "versions").items()),
            claims=_claims(part(facts, "claims")),
        )


def _data(facts: Mapping[str, Any], asked: Mapping[str, Any]) -> Data:
    classes = facts.get("classes")
    count = len(classes) if isinstance(classes, Sequence) and not isinstance(classes, str) else classes
    digest = str(facts.get("digest") or "").removeprefix("sha256:")
    return Data(**{**_known(facts, Data), "classes": count, "digest": digest, "split": _split(asked)})


def _split(asked: Mapping[str, Any]) -> str:
    """The option that a config's data ask for, or the first of those that the set has."""
    try:
        known = dataset_facts(str(asked.get("name"))).get("options", {}).get("split", [""])
    except BenchError:  # a dataset that was somebody's own
        known = [""]
    return str(part(asked, "options").get("split", known[0]))


def _recipe(config: Mapping[str, Any]) -> Recipe:
    recipe = part(config, "recipe")
    optimiser = part(recipe, "optimiser")
    return Recipe(
        version=config.get("recipe_version"),
        method=str(part(config, "method").get("name") or ""),
        width=part(config, "backbone").get("width"),
        epochs=recipe.get("epochs"),
        image_size=recipe.get("image_size"),
        batch_size=recipe.get("batch_size"),
        optimiser=str(optimiser.get("name") or ""),
        learning_rate=optimiser.get("lr"),
        selection=str(recipe.get("selection") or "last"),
        held_out=float(part(recipe, "validation").get("share") or 0.0),
    )


def _claims(facts: Mapping[str, Any]) -> Claims | None:
    return Claims(**{**_known(facts, Claims), "own": tuple(facts.get("own", ()))}) if facts else None


def _known(facts: Mapping[str, Any], kind: type) -> dict[str, Any]:
    """The facts that a class has fields for; unknown values keep its defaults."""
    return {name: facts[name] for name in kind.__dataclass_fields__ if facts.get(name) is not None}  # type: ignore[attr-defined]


def part(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A mapping within facts; empty where there is none."""
    found = facts.get(name)
    return found if isinstance(found, Mapping) else {}


def _or(value: object) -> str:
    return "?" if value is None else str(value)
