"""Every command of README and docs, typed as a reader would in a fresh shell: nothing set up but what the page itself says.

What trains much or needs data is planned and not run: ``snakemake`` with ``--dry-run``, ``make`` with ``-n``. Where data of
one's own are lacking a command may say so in its one line. A line that no program understands or that ends otherwise fails.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from projects.forks import fork_folder

from bench.plan.catalogue import ROOT

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md"))
    if re.search(r"^```sh$", path.read_text(encoding="utf-8"), re.MULTILINE)
)
ELSEWHERE = ("git ", "pip ", "cd ", "docker ", "apptainer ", "kubectl ", "curl ")  # networks, other machines
TEST = "python -m pytest"
TESTED = set()  # lines of pytest, each typed once: what it tests is written anew by the line before it, the same on every page
DEAR = {"data fetch": "--help", "compare": "--no-train", "store verify": "--help", "store remake": "--help"}


def lines_of(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip() and not line.startswith("#"):
                yield line.strip()


def as_tried(line):
    """A command with what keeps it cheap; ``:`` where it is another machine's or a download."""
    if "<" in line or line.startswith(ELSEWHERE):
        return ":"
    if line.startswith("make "):
        return line.replace("make ", "make -n ", 1)
    line = re.sub(r"--workflow-profile profiles/(?!default)\S+", "", line)  # whose executor is an extra of another machine's
    line = re.sub(r"(^|\s)snakemake ", r"\1snakemake --dry-run ", line)
    for words, more in DEAR.items():
        if f"bench {words}" in line:
            line = f"{line.partition(' #')[0]} {more}"
    return line


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder as a clone is, with an environment beside the code and nothing rendered or trained."""
    folder = tmp_path_factory.mktemp("clone")
    for path in ROOT.iterdir():
        if path.name not in ("results", ".git", ".snakemake", ".venv", "reports", "logs"):
            (folder / path.name).symlink_to(path)
    (folder / "results").mkdir()
    for name in ("stored", "reported"):
        (folder / "results" / name).symlink_to(ROOT / "results" / name)
    (folder / ".venv").symlink_to(sys.prefix)
    example = re.search(r"```python\n(# my_method\.py\n.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (folder / "my_method.py").write_text(example[1], encoding="utf-8")
    return folder


def shell(line, folder, activated, forks=False):
    """Run a line where nothing of this process's environment is set; the page's own activation comes first if it has come."""
    start = ". .venv/bin/activate\n" if activated else ""
    start += f"PATH={shlex.quote(str(fork_folder()))}:$PATH\n" if forks else ""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "COLUMNS": "80"}
    environment |= {key: os.environ[key] for key in ("LD_LIBRARY_PATH",) if key in os.environ}
    return subprocess.run(
        ["bash", "-c", start + line], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def together(page):
    """Pages with the same tests run in one process, which types them once."""
    tests = [line.partition(" #")[0].strip() for line in lines_of(page) if line.startswith(TEST)]
    return pytest.param(page, marks=[pytest.mark.xdist_group(tests[0].replace(" ", "-"))] if tests else [])


@pytest.mark.slow
@pytest.mark.parametrize("page", [*map(together, PAGES)])
def test_a_reader_can_type_every_command(page, clone):
    activated = page != "README.md"  # which says how; the other pages follow it
    for line in lines_of(page):
        if line == "make table2":
            assert shell("make -n table2", clone, activated).returncode == 0
            continue
        if "activate" in line:
            activated = True
            continue
        test = line.partition(" #")[0].strip() if line.startswith(TEST) else ""
        if test in TESTED:
            continue
        TESTED.update({test} - {""})
        if "bench new-method my_method" in line:
            (clone / "my_method.py").unlink(missing_ok=True)  # which the README's reader has typed
            (clone / "test_my_method.py").unlink(missing_ok=True)
        if "bench init my_work" in line:
            shutil.rmtree(clone / "my_work", ignore_errors=True)  # which another page's reader has typed
        done = shell(as_tried(line), clone, activated, forks=page != "README.md")  # of which every process is a real one
        said = done.stdout[-2000:] + done.stderr[-2000:]
        assert done.returncode in (0, 1), f"{page}: {line}\n{said}"
        assert "Traceback" not in said, f"{page}: {line}\n{said}"
        lacking = re.compile(r"error: .*(data_dir|not trained yet)|executor|invalid choice: '(slurm|kubernetes)'")
        assert not done.returncode or lacking.search(said), f"{page}: {line}\n{said}"


def test_without_the_environment_nothing_can_be_typed(clone):
    assert shell("python -m bench --version", clone, activated=False).returncode
    assert shell("python -m bench --version", clone, activated=True).returncode == 0
