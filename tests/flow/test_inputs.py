"""What the rules of the workflow read, and what makes their jobs run again; no Snakemake is started."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.flow.inputs import Flow
from bench.plan import BenchError, JobBatch, Plan, settings_from
from bench.records.failures import note
from bench.records.fingerprint import fingerprint

CELL = "demo/drrnet/opensarship/resnet18"
WORDS = {"scale": "demo", "paper": "drrnet", "dataset": "opensarship", "backbone": "resnet18", "variant": "baseline"}
STUDENT = {**WORDS, "variant": "tfkd"}
BATCH = JobBatch((0, 1))


def flow_of(project, damaged=lambda path: None, **more):
    return Flow({**project.assignments, **more}, damaged)


def damage(path):
    Path(path).write_bytes(Path(path).read_bytes()[:-9])


def test_it_imports_neither_torch_nor_snakemake():
    words = "import sys, bench.flow.inputs; sys.exit(bool({'torch', 'snakemake'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0


def test_what_there_is_in_a_project(recorded):
    flow = flow_of(recorded)
    assert (flow.scale, list(flow.papers), flow.tables, flow.figures) == ("demo", ["drrnet"], ["table2"], ["figure3"])
    assert flow.batches[-1] == JobBatch((0, 1)) and flow.compared == []
    assert flow.paper_file("drrnet") == str(recorded.folder / "papers" / "drrnet.yaml")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"scal": "demo"}, "unknown key 'scal'"),
        ({"scale": "dmo"}, "unknown scale 'dmo'; did you mean 'demo'? allowed: demo"),
        ({"paper": "drrnett"}, "drrnet"),
        ({"precision": "fp8"}, "'fp8'; allowed: auto, bf16, fp16, fp32"),
        ({"reference_device": "a1000"}, "reference device 'a1000'; did you mean 'a100'? allowed: a100, cpu"),
        ({"plugins": ["nowhere.py"]}, "plug-in 'nowhere.py': no such Python file"),
    ],
)
def test_a_wrong_config_is_one_line(recorded, config, words):
    with pytest.raises(BenchError, match=".*") as fault:
        flow_of(recorded, **config)
    assert words in str(fault.value) and "\n" not in str(fault.value)


def test_an_unknown_variant_is_told_at_once(recorded):
    recorded.content["tables"]["table2"]["blocks"][0]["rows"]["variant"].append("dlbb")
    recorded.write_paper(recorded.content)
    with pytest.raises(BenchError, match="unknown variant 'dlbb'"):
        flow_of(recorded)


# --- trainings ---


def test_the_runs_of_a_job(recorded):
    flow = flow_of(recorded)
    assert flow.run_ids(BATCH, WORDS) == [f"{CELL}/baseline/seed{seed}" for seed in (0, 1)]
    assert [run.id for run in flow.runs(BATCH, WORDS)] == flow.run_ids(BATCH, WORDS)


def test_data_that_a_job_trains_on_come_first(recorded):
    (manifest,) = flow_of(recorded).data_manifests(BATCH, WORDS)
    assert manifest.startswith("results/data/sar_standin3") and manifest.endswith("/manifest.json")


def test_a_student_waits_for_its_teachers_and_a_baseline_for_nobody(recorded):
    flow = flow_of(recorded)
    assert flow.teacher_records(BATCH, WORDS) == []
    assert flow.teacher_records(BATCH, STUDENT) == [f"results/runs/{CELL}/baseline/seed{seed}.json" for seed in (0, 1)]


def test_fingerprints_name_the_config_and_the_code_where_it_counts(recorded):
    run = recorded.runs("resnet18", "baseline")[0]
    found = fingerprint(recorded.plan, run)
    assert flow_of(recorded).fingerprints(JobBatch((0,)), WORDS) == found["config"]
    strict = flow_of(recorded, rerun_on_code_change="yes")
    assert strict.fingerprints(JobBatch((0,)), WORDS) == f"{found['config']}-{found['code']}"
    assert len(set(flow_of(recorded).fingerprints(BATCH, WORDS).split())) == 2


@pytest.mark.parametrize(
    "machine",
    [
        {"data_dir": "elsewhere"},
        {"threads": 2},
        {"checkpoint_seconds": 0},
        {"keep_weights": True},
        {"device": "cpu"},
        {"workers": 3},
        {"gpus": 2},
        {"runs_per_gpu": 2},
    ],
)
def test_settings_of_the_machine_change_no_param_and_no_input(recorded, machine):
    asked = ("fingerprints", "snapshots", "run_ids", "data_manifests", "teacher_records")
    flow, other = flow_of(recorded), flow_of(recorded, **machine)
    assert [getattr(flow, name)(BATCH, STUDENT) for name in asked] == [getattr(other, name)(BATCH, STUDENT) for name in asked]


def test_a_failed_run_is_another_attempt(recorded):
    run = recorded.runs("resnet18", "baseline")[0]
    recorded.record(run)
    batch = JobBatch((0,))
    whole = flow_of(recorded).fingerprints(batch, WORDS)
    recorded.record(run, status="failed", metrics={})
    assert flow_of(recorded).fingerprints(batch, WORDS) == f"{whole} attempt1"
    recorded.record(run, status="failed", metrics={}, attempt=1)
    assert flow_of(recorded).fingerprints(batch, WORDS) == f"{whole} attempt2"
    recorded.record(run, attempt=2)  # the job that was asked to be the second attempt was
    assert flow_of(recorded).fingerprints(batch, WORDS) == f"{whole} attempt2"


def test_states_that_figures_look_at_are_named_by_seed_or_by_run(recorded):
    panels = [{"dataset": "opensarship", "backbone": "resnet18"}]
    scores = {"title": "Scores", "kind": "scores", "variant": "baseline", "matrix": "opensarship", "panels": panels}
    assert flow_of(recorded).snapshots(BATCH, WORDS) == ""
    recorded.content["figures"]["figure9"] = scores
    recorded.write_paper(recorded.content)
    flow = flow_of(recorded)
    (epoch,) = recorded.plan.snapshots(recorded.runs("resnet18", "baseline")[0])
    assert flow.snapshots(BATCH, WORDS) == f"0:{epoch}"  # of the first seed alone
    together = JobBatch((0, 1), "drrnet", "opensarship", ("resnet18", "vgg11_bn"))
    assert flow.snapshots(together, WORDS) == f"{CELL}/baseline/seed0:{epoch}"
    assert flow.probe("drrnet", "figure9") == ["results/probes/demo/drrnet/figure9.json"]


def test_a_cluster_is_asked_for_what_the_estimates_say(recorded):
    flow = flow_of(recorded)
    assert flow.gpus(BATCH, WORDS) == 0
    assert flow_of(recorded, gpus=2, devices_per_run={"opensarship": 2}).gpus(BATCH, WORDS) == 2
    assert 1000 < flow.memory_mb(BATCH, WORDS, 1) < flow.memory_mb(BATCH, WORDS, 2)
    assert flow.minutes(BATCH, WORDS, 3) == 3 * flow.minutes(BATCH, WORDS, 1)


def test_jobs_that_share_an_array_ask_for_the_same(recorded):
    flow = flow_of(recorded, array_jobs=True)
    batch = next(each for each in flow.batches if each.backbones == ("resnet18",))
    assert {cell.variant for cell in batch.apart} == {"baseline", "tfkd"}
    alone = flow_of(recorded)
    for name in ("memory_mb", "minutes"):
        each = [getattr(alone, name)(BATCH, words, 1) for words in (WORDS, STUDENT)]
        assert getattr(flow, name)(batch, WORDS, 1) == getattr(flow, name)(batch, STUDENT, 1) == max(each)


# --- tables and figures ---


def test_a_table_reads_the_records_of_its_cells(recorded):
    assert flow_of(recorded).records("drrnet", "table2") == [str(run.record) for run in recorded.runs()]
    curves = flow_of(recorded).records("drrnet", "figure3")
    assert curves == [str(run.record) for run in recorded.runs("resnet18", "baseline")]


def test_printed_numbers_are_read_where_the_paper_has_the_table(recorded):
    assert flow_of(recorded).printed_numbers("drrnet", "table2") == [
        str(recorded.folder / "reported" / "drrnet" / "table2.csv")
    ]
    recorded.content["tables"]["table2"]["printed"] = False
    recorded.write_paper(recorded.content)
    assert flow_of(recorded).printed_numbers("drrnet", "table2") == []


@pytest.mark.parametrize(("name", "item"), [("table2", "table9"), ("figure3", "figure9")])
def test_an_unknown_item_is_told(recorded, name, item):
    flow = flow_of(recorded)
    ask = flow.printed_numbers if name == "table2" else flow.probe
    assert ask("drrnet", name) is not None
    with pytest.raises(BenchError, match=f"has no .* '{item}'"):
        ask("drrnet", item)


def test_a_probe_s_fingerprint_covers_the_layout_and_not_the_words(recorded):
    panels = [{"dataset": "opensarship", "backbone": "resnet18"}]
    scores = {"title": "Scores", "kind": "scores", "variant": "baseline", "matrix": "opensarship", "panels": panels}

    def found(**changes):
        recorded.content["figures"]["figure9"] = {**scores, **changes}
        recorded.write_paper(recorded.content)
        return flow_of(recorded).probe_fingerprint("drrnet", "figure9")

    assert found() == found(title="Other words") != found(variant="tfkd")
    assert flow_of(recorded).probe("drrnet", "figure3") == []


# --- a new method ---


def test_a_new_method_s_records_and_no_other(compared):
    flow = flow_of(compared, new_method="mine.py")
    assert [each.target for each in flow.compared] == ["drrnet/table2"]
    assert flow.new_method("mine") == "mine.py"
    assert len(flow.new_records("mine")) == 6 and all("/mine/" in path for path in flow.new_records("mine"))
    assert flow.stored_files() == [str(compared.stored)]


def test_numbers_of_a_new_method_ask_for_no_record(compared):
    Path("theirs.csv").write_text("dataset,backbone,mean,sd,n\nopensarship,resnet18,99,0.5,5\n")
    flow = flow_of(compared, new_method="theirs.csv")
    assert flow.new_records("theirs") == [] and flow.stored_files() == [str(compared.stored)]


def test_a_target_that_is_not_the_method_s_is_told(compared):
    with pytest.raises(BenchError, match="no new method is named; new_method=my_method.py"):
        flow_of(compared).new_method("mine")
    with pytest.raises(BenchError, match="new_method is 'mine.py': ask for reports/.*mine.html"):
        flow_of(compared, new_method="mine.py").new_records("other")


def test_what_cannot_be_compared_is_one_line(compared):
    for more, words in (
        ({"stored_dir": "nowhere"}, "nothing is stored at scale 'demo'"),
        ({"compare": ["drrnet/table9"]}, "has no table or figure 'table9'"),
        ({"precision": "bf16"}, "was trained otherwise"),
        ({"new_method": "none.py"}, "none.py"),
    ):
        with pytest.raises(BenchError, match=words):
            flow_of(compared, **{"new_method": "mine.py", **more})


# --- records as they are ---


def test_runs_that_failed_are_named_in_one_line(recorded):
    flow = flow_of(recorded)
    assert flow.failed() == ""
    for run in recorded.runs()[:7]:
        note(run, "out of memory")
    assert flow.failed().startswith("7 failed: ") and " and 2 more. Their cells say so" in flow.failed()


def test_damage_is_reported_once_to_whoever_reads_or_makes_the_record_and_changes_nothing(recorded):
    recorded.record_all()
    path = f"results/runs/{CELL}/baseline/seed1.json"
    damage(path)
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in Path().rglob("*") if file.is_file()}
    for ask in (
        lambda flow: flow.records("drrnet", "table2"),
        lambda flow: flow.records("drrnet", "figure3"),
        lambda flow: flow.teacher_records(BATCH, WORDS),  # its own
        lambda flow: flow.teacher_records(BATCH, STUDENT),  # its teacher's
        lambda flow: flow.fingerprints(BATCH, WORDS),
    ):
        found = []
        flow = flow_of(recorded, found.append)
        asked = ask(flow)
        assert ask(flow) == asked and found == [path]
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in Path().rglob("*") if file.is_file()} == before
    assert flow_of(recorded).fingerprints(BATCH, WORDS) == " ".join(
        fingerprint(Plan(settings_from(recorded.assignments)), run)["config"] for run in flow_of(recorded).runs(BATCH, WORDS)
    )


def test_what_a_probe_left_is_looked_at_as_well(recorded):
    panels = [{"dataset": "opensarship", "backbone": "resnet18"}]
    scores = {"title": "Scores", "kind": "scores", "variant": "baseline", "matrix": "opensarship", "panels": panels}
    recorded.content["figures"]["figure9"] = scores
    recorded.write_paper(recorded.content)
    found = []
    (path,) = flow_of(recorded, found.append).probe("drrnet", "figure9")
    assert found == []  # it is missing, which Snakemake sees
    Path(path).parent.mkdir(parents=True)
    Path(path).write_text("{}")
    Path(path).with_suffix(".npz").write_bytes(b"")
    flow = flow_of(recorded, found.append)
    assert flow.probe("drrnet", "figure9") == flow.probe("drrnet", "figure9") == found == [path]


def test_what_is_damaged_is_kept_under_another_name_when_jobs_start(recorded):
    recorded.record_all()
    path = Path(f"results/runs/{CELL}/baseline/seed1.json")
    damage(path)
    content = path.read_bytes()
    flow = flow_of(recorded)
    flow.records("drrnet", "table2")
    flow.start()
    assert path.with_name("seed1.json.damaged").read_bytes() == content and not path.exists()
    assert len(list(path.parent.iterdir())) == 2


def test_a_damaged_record_of_the_new_method_is_reported_too(compared):
    (run, *_) = compared.record_new(compared.compared())
    damage(run.record)
    found = []
    flow_of(compared, found.append, new_method="mine.py").new_records("mine")
    assert found == [str(run.record)]
