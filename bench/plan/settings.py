"""The user's settings: ``config/config.yaml``, then what the command line sets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.plan.errors import BenchError
from bench.plan.files import listed, write_atomically
from bench.plan.plugins import paper_plugins, use_plugins
from bench.plan.schema import defaults, load_yaml, validate
from bench.plan.source import SUITE
from bench.plan.yaml_text import parse_yaml

CONFIG = SUITE / "config" / "config.yaml"
WORKSPACE = Path("kd-bench.yaml")  # of the working directory, in place of it
WRITTEN = Path("results/work/settings")
LONGEST_NAME, LONGEST_PATH = 255, 4095  # bytes, on every file system that matters
FOLDERS = ("data_dir", "papers_dir", "scales_dir", "reported_dir", "stored_dir", "tune_dir", "new_method")


@dataclass(frozen=True)
class Settings:
    """The validated config. Which keys exist, and what each means: ``workflow/schemas/config.schema.yaml``."""

    scale: str
    paper: str
    seeds: tuple[int, ...]
    data_dir: str
    precision: str
    convolutions: str
    device: str
    threads: int
    workers: int
    gpus: int
    runs_per_gpu: int
    seeds_at_once: int
    cuda_graphs: str
    devices_per_run: Mapping[str, int] = field(hash=False)
    array_jobs: bool
    reference_device: str
    checkpoint_seconds: float
    keep_weights: bool
    looks: int
    tensorboard: bool
    rerun_on_code_change: str
    preload: str
    plugins: tuple[str, ...]
    new_method: str
    new_method_params: Mapping[str, Any] = field(hash=False)
    new_method_teachers: Mapping[str, str] = field(hash=False)
    compare: tuple[str, ...]
    papers_dir: str
    scales_dir: str
    reported_dir: str
    stored_dir: str
    tune_dir: str

    @property
    def tunings(self) -> Path:
        return Path(self.tune_dir) if self.tune_dir else SUITE / "config" / "tune"

    @property
    def papers(self) -> Path:
        return Path(self.papers_dir) if self.papers_dir else SUITE / "config" / "papers"

    def paper_file(self, paper: str) -> Path:
        """The YAML file of a paper: a plug-in, or of the papers' folder."""
        return paper_plugins(self.plugins).get(paper, self.papers / f"{paper}.yaml")

    def reported_file(self, paper: str, table: str) -> Path:
        """The printed numbers of a table; those of a plug-in lie beside it."""
        return self.reported_of(paper) / paper / f"{table}.csv"

    def reported_of(self, paper: str) -> Path:
        """The folder whose sub-folder of the paper's name holds its printed numbers."""
        own = paper_plugins(self.plugins).get(paper)
        return own.parent if own else self.reported

    @property
    def scales(self) -> Path:
        return Path(self.scales_dir) if self.scales_dir else SUITE / "config" / "scales"

    @property
    def reported(self) -> Path:
        return Path(self.reported_dir) if self.reported_dir else SUITE / "results" / "reported"

    @property
    def stored(self) -> Path:
        return Path(self.stored_dir) if self.stored_dir else SUITE / "results" / "stored"

    def stored_file(self, scale: str, paper: str) -> Path:
        """Where the stored rows of one paper at one scale lie."""
        return self.stored / scale / f"{paper}.csv"

    def stored_files(self, scale: str) -> dict[str, Path]:
        """Paper to the file of its rows, for all that is stored at a scale."""
        return {path.stem: path for path in listed(self.stored / scale, ".csv")}


def settings_from(config: Mapping[str, Any], source: str = "config/config.yaml and --config or --set") -> Settings:
    """Check a config mapping and fill in what it leaves out."""
    content = {**defaults("config"), **config}
    if isinstance(content["seeds"], (list, tuple)):  # Snakemake hands over the numbers of --config seeds=[0,1] as text
        content["seeds"] = [int(seed) if str(seed).isdecimal() else seed for seed in content["seeds"]]
    if isinstance(content["devices_per_run"], Mapping):
        content["devices_per_run"] = {
            name: int(count) if str(count).isdecimal() else count for name, count in content["devices_per_run"].items()
        }
    for key in ("keep_weights", "array_jobs", "tensorboard"):  # nor does it know YAML's spelling of truth
        if content[key] in ("true", "false"):
            content[key] = content[key] == "true"
    for key in ("rerun_on_code_change", "preload", "cuda_graphs"):  # YAML reads yes and no as truth values
        if isinstance(content[key], bool):
            content[key] = "yes" if content[key] else "no"
    params = content["new_method_params"]
    if isinstance(params, Mapping):  # numbers again
        content["new_method_params"] = {key: _typed(value, f"new_method_params, {key}") for key, value in params.items()}
    validate(content, "config", source)
    for key in FOLDERS:
        content[key] = _expanded(content[key])
    content["plugins"] = [_expanded(path) for path in content["plugins"]]
    for key in ("seeds", "plugins", "compare"):
        content[key] = tuple(content[key])
    method = content["new_method"]
    if method.endswith(".py") and method not in content["plugins"]:
        content["plugins"] = (*content["plugins"], method)
    use_plugins(content["plugins"])
    return Settings(**content)


def config_file() -> Path:
    """The file of the user's settings: a workspace's where the working directory is one, else the suite's."""
    return WORKSPACE if WORKSPACE.is_file() else CONFIG


def settings_file(settings: Settings) -> Path:
    """Where :func:`write_settings` writes: the name is a digest, so that the same settings are the same file."""
    return WRITTEN / f"{hashlib.sha256(_text(settings).encode()).hexdigest()[:16]}.json"


def write_settings(settings: Settings) -> Path:
    """Write settings for other processes of this folder, which take them with ``--settings``; returns the file."""
    path, text = settings_file(settings), _text(settings)
    if not path.exists() or path.read_bytes() != text.encode():
        write_atomically(path, text)
    return path


def _text(settings: Settings) -> str:
    return json.dumps(asdict(settings), indent=1, sort_keys=True) + "\n"


def _expanded(path: str) -> str:
    """A path without ``~``: no shell reads what stands in a YAML file or behind a setting's equals sign."""
    if max(len(path) / LONGEST_PATH, *(len(name.encode("utf-8", "replace")) / LONGEST_NAME for name in path.split("/"))) > 1:
        raise BenchError(f"'{path[:60]}...': longer than the name of any file")
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:
        raise BenchError(f"'{path}': no home folder is known for it") from None


def _typed(value: Any, where: str) -> Any:
    return parse_yaml(value, where) if isinstance(value, str) else value


def load_settings(assignments: Sequence[str] = (), file: Path | None = None) -> Settings:
    """Read the config file, lay ``file`` over it, then ``KEY=VALUE`` assignments (values are YAML, as in ``seeds=[0,1]``)."""
    content = {**load_yaml(config_file()), **(load_yaml(file) if file else {})}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise BenchError(f"--set {assignment}: expected KEY=VALUE")
        content[key] = parse_yaml(value, f"--set {key}")
        if content[key] is None:
            content[key] = ""
    return settings_from(content)
