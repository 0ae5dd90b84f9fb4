"""What a family reads: one copy of its dataset with the options, and a place for faults and notes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.data.store.archives import Container
from bench.data.store.copies import opened_copy, root_of
from bench.data.store.datasets import DataError
from bench.data.store.registry import checked_options, source_folder
from bench.data.store.walking import folders_in
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts


@dataclass
class Source:
    """A copy of a dataset.

    Attributes
    ----------
    facts
        Of the family's literal.
    options
        Every option with its value.
    files
        From the root of the copy on; none for generated data.
    whole
        All files of the folder or archive that it lies in.
    problems
        One line for each fault; a set with any is not used.
    notes
        One line for each thing that a reader of the numbers has to know.
    official
        Images per split that the set has officially.
    """

    name: str
    facts: Mapping[str, Any]
    options: Mapping[str, Any]
    files: Container
    whole: Container
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    official: dict[str, int] = field(default_factory=dict)

    @property
    def classes(self) -> list[str]:
        """Their names in label order; empty where the copy's files say them."""
        return list(self.facts["classes"])

    def fault(self, line: str) -> None:
        """Keep a fault, named from the root of the copy on."""
        self.problems.append(f"{self.files.label}: {line}")

    def beside(self, path: str) -> Container:
        """The folder that holds one of the set's own lists: the root, or wherever there is just one of that name.

        Parameters
        ----------
        path
            A file, or a folder with a slash at its end.

        Raises
        ------
        BenchError
            If it is missing, or there are two.
        """
        root = root_of(self.files, [path], pictures=False)
        if root is not None:
            return self.files.below(root)
        root = root_of(self.whole, [path], pictures=False)
        if root is None:
            where = self.facts.get("lists") or f"expected {self.facts['layout']}"
            raise BenchError(f"{self.files.label}: '{path}' is missing; {where}")
        return self.whole.below(root)


def report_empty(source: Source, folders: Collection[str]) -> None:
    """Keep a fault for every class' folder that holds no picture: the files say which classes there are.

    Parameters
    ----------
    folders
        The class folders that do, each below its split's. An archive keeps no others.
    """
    if source.files.packed:
        return
    for split in sorted({folder.split("/")[0] for folder in folders}):
        for word in folders_in(source.files.path / source.files.root / split):
            if f"{split}/{word}" not in folders and not (word == "images" and split == "val"):
                source.fault(f"folder '{split}/{word}/' holds no picture; fill or remove it")


@contextmanager
def opened_source(name: str, options: Mapping[str, Any], data_dir: str | Path) -> Iterator[Source]:
    """The copy of a dataset below ``data_dir``.

    Raises
    ------
    DataError
        If there is none.
    BenchError
        If an option is none.
    """
    facts = dataset_facts(name)
    settings, official = checked_options(name, options), dict(facts.get("counts", {}))
    folder = source_folder(name, data_dir)
    if folder is None:
        nothing = Container(name, (), Path())
        yield Source(name, facts, settings, nothing, nothing, official=official)
        return
    try:
        with opened_copy(folder, facts) as (files, whole):
            yield Source(name, facts, settings, files, whole, official=official)
    except DataError:
        raise
    except BenchError as error:
        raise DataError([str(error)], name) from None
