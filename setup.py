"""The wheel's data: config, workflow and results go into the package, so that it works without a checkout."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
SUITE = ("Snakefile", "config", "workflow", "profiles", "results/reported", "results/stored")


class BuildWithSuite(build_py):
    """Copies the files that a checkout has beside the package into ``bench/suite``."""

    def run(self) -> None:
        super().run()
        suite = Path(self.build_lib) / "bench" / "suite"
        shutil.rmtree(suite, ignore_errors=True)
        for name in SUITE:
            source, target = HERE / name, suite / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)


setup(cmdclass={"build_py": BuildWithSuite})
