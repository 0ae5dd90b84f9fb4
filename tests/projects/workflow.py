"""A working directory for the real Snakefile: a small cross-section of two methods, one backbone and two seeds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from bench.plan.catalogue import ROOT
from projects.forks import fork_folder

LINE = ("snakemake", "--cores", "2", "--use-conda")


class Project:
    """A working directory with a small paper; runs the workflow and the command line in it."""

    root = ROOT  # of the code that the workflow runs
    preload = "no"  # whether trainings are forks of the workflow's own server
    real = False  # whether its processes are started anew, and are no forks (projects/forks.py)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paper = folder / "papers" / "drrnet.yaml"
        self.scale = folder / "scales" / "demo.yaml"
        content = yaml.safe_load((ROOT / "config" / "papers" / "drrnet.yaml").read_text())
        block = {"dataset": "opensarship", "columns": {"backbone": ["resnet18"]}, "rows": {"variant": ["baseline", "tfkd"]}}
        content["tables"] = {"table2": {"title": "A cross-section", "baseline": "baseline", "blocks": [block]}}
        curves = {"kind": "curves", "curves": ["test_accuracy"], "panels": [{"dataset": "opensarship", "backbone": "resnet18"}]}
        content["figures"] = {"figure3": {"title": "Accuracy", "variants": ["baseline", "tfkd"], **curves}}
        self.write(self.paper, content)
        lines = (ROOT / "results" / "reported" / "drrnet" / "table2.csv").read_text().splitlines()
        wanted = [line for line in lines if line.startswith(("opensarship,resnet18,baseline", "opensarship,resnet18,tfkd"))]
        (folder / "reported" / "drrnet").mkdir(parents=True)
        (folder / "reported" / "drrnet" / "table2.csv").write_text("\n".join([lines[0], *wanted]) + "\n")
        scale = yaml.safe_load((ROOT / "config" / "scales" / "demo.yaml").read_text())
        scale["recipe"]["epochs"] = 3
        scale["backbones"] = {}
        scale["together"] = []
        self.write(self.scale, scale)

    @classmethod
    def at(cls, folder: Path) -> "Project":
        """The project that a folder holds already."""
        made = object.__new__(cls)
        made.folder = folder
        made.paper, made.scale = folder / "papers" / "drrnet.yaml", folder / "scales" / "demo.yaml"
        return made

    @staticmethod
    def write(path: Path, content: dict) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content))

    def edit(self, path: Path, edit) -> None:
        content = yaml.safe_load(path.read_text())
        edit(content)
        self.write(path, content)

    @property
    def settings(self) -> list[str]:
        # Its processes are forks already (projects/forks.py); what starts real ones says how.
        return ["papers_dir=papers", "scales_dir=scales", "reported_dir=reported", "seeds=[0,1]", f"preload={self.preload}"]

    def environment(self, path: str | None = None, real: bool = False) -> dict[str, str]:
        folders = [part for part in os.environ["PATH"].split(os.pathsep) if not (Path(part) / "conda").exists()]
        folders = [str(Path(sys.executable).parent), *folders]
        if not (real or self.real or self.root != ROOT):
            folders = [str(fork_folder()), *folders]
        return {**os.environ, "PATH": path or os.pathsep.join(folders), "PYTHONPATH": str(self.root)}

    def command(self, *words: str, config: tuple[str, ...] = (), line=LINE) -> list[str]:
        command = [*line, "--snakefile", self.root / "Snakefile", "--workflow-profile", self.root / "profiles" / "default"]
        return list(map(str, [*command, *words, "--config", *self.settings, *config]))

    def snakemake(
        self, *words: str, config: tuple[str, ...] = (), path: str | None = None, line=LINE
    ) -> subprocess.CompletedProcess:
        return self.run(self.command(*words, config=config, line=line), self.environment(path))

    def start_snakemake(self, *words: str, config: tuple[str, ...] = ()) -> subprocess.Popen:
        """Real ones in the background, in a process group of their own; what they say goes to ``snakemake.txt``."""
        with (self.folder / "snakemake.txt").open("ab") as output:
            return subprocess.Popen(
                self.command(*words, config=config),
                cwd=self.folder,
                env=self.environment(real=True),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def bench(self, *words: str) -> subprocess.CompletedProcess:
        sets = [item for setting in self.settings for item in ("--set", setting)]
        own = words.index("--set") if "--set" in words else len(words)  # what a test sets comes last, and counts
        return self.run(["python", "-m", "bench", *words[:own], *sets, *words[own:]], self.environment())

    def run(self, command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess:
        program = shutil.which(command[0], path=environment["PATH"])
        return subprocess.run(
            [program, *command[1:]],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def jobs(self, *words: str, config: tuple[str, ...] = ()) -> dict[str, int]:
        """How many jobs of each rule a dry run would start."""
        return self.made("--dry-run", *words, config=config)

    def made(self, *words: str, config: tuple[str, ...] = ()) -> dict[str, int]:
        """Run the workflow to a good end; how many jobs of each rule it planned, which takes no dry run before it."""
        output = self.snakemake(*words, config=config)
        text = output.stdout + output.stderr
        assert output.returncode == 0, text
        if "Nothing to be done" in text:
            return {}
        lines = text.split("Job stats:")[1].split("total")[0].splitlines()
        rows = [line.split() for line in lines if len(line.split()) == 2 and line.split()[1].isdigit()]
        return {name: int(count) for name, count in rows}

    def with_code_of_its_own(self) -> Path:
        """From now on the workflow runs a copy of the suite, whose code a test may edit; returns the copy's folder."""
        self.root = self.folder / "suite"
        for name in ("bench", "workflow", "profiles", "config"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(ROOT / "Snakefile", self.root / "Snakefile")
        return self.root

    def records(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.folder)): path.read_text() for path in sorted(self.folder.glob("results/runs/**/*.json"))
        }


def copied(made: Project, folder: Path) -> Project:
    """A copy to change at will; file times are kept."""
    shutil.copytree(made.folder, folder)
    return Project.at(folder)


def timeless(text: str) -> dict:
    """A record without what no second training repeats."""
    return {key: value for key, value in json.loads(text).items() if key not in ("checksum", "cost", "hardware", "git")}
