"""What Snakemake is told of each training for a cluster."""

import re


def rules(text):
    """Rule name to its line of resources."""
    return dict(re.findall(r"rule (train\S*):.*?resources: ([^\n]*)", text, flags=re.S))


def dry_run(project, *config):
    done = project.snakemake("reports/drrnet/table2.html", "--dry-run", "--quiet", "host", config=config)
    assert done.returncode == 0, done.stdout + done.stderr
    return rules(done.stdout + done.stderr)


def test_trainings_ask_for_memory_time_and_gpus(project):
    (resources,) = dry_run(project).values()
    assert "gpu=0" in resources and re.search(r"mem_mb=1\d\d\d\b", resources) and re.search(r"runtime=\d+\b", resources)
    (resources,) = dry_run(project, "gpus=2", "devices_per_run={opensarship: 2}").values()
    assert "gpu=2" in resources


def test_arrays_have_a_rule_per_dataset_and_backbone(project):
    found = dry_run(project, "array_jobs=true")
    assert list(found) == ["train_opensarship_resnet18"]
    assert "mem_mb" in found["train_opensarship_resnet18"]


def test_threads_above_the_cores_are_what_snakemake_scales_them_to(project):
    """A training is told the number that its job was given, never one that the machine was not asked for."""
    words = ("--dry-run", "--printshellcmds", "reports/drrnet/table2.html", "--quiet", "host")
    done = project.snakemake(*words, config=("threads=5",), line=("snakemake", "--cores", "2"))
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    commands = re.findall(r"-m bench train .*", text)
    assert commands and all("--set threads=2 " in command for command in commands), commands
    assert set(re.findall(r"rule train\S*:.*?threads: (\d+)", text, flags=re.S)) == {"2"}
