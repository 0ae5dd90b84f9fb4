"""The processes of the tests' own projects: forks throughout, also where a workflow says which Python its jobs take."""

TINY = """
from bench.flow import snakemake9

shell.prefix(snakemake9.own_python(workflow))

rule all:
    shell:
        "command -v python; python -m bench --version"
"""


def test_the_jobs_of_a_fork_are_forks(project):
    (project.folder / "Tiny").write_text(TINY)
    done = project.run(["snakemake", "--cores", "1", "--snakefile", "Tiny"], project.environment())
    assert done.returncode == 0, done.stdout + done.stderr
    python, version = done.stdout.split("\n")[:2]
    assert python == project.environment()["PATH"].split(":")[0] + "/python" and version
