"""Settings, scales, papers and plug-in names from nobody we know."""

import json

import yaml
from broken import HOSTILE, clear, damaged, fuzzed, values, words
from hypothesis import strategies as st

from bench.plan import Plan, load_settings, parse_run, settings_from
from bench.plan.catalogue import ROOT
from bench.plan.schema import load_yaml
from bench.plan.settings import CONFIG
from bench.records.fingerprint import fingerprint

SETTINGS = load_yaml(CONFIG)
PAPER = load_yaml(ROOT / "config" / "papers" / "drrnet.yaml")
SCALE = load_yaml(ROOT / "config" / "scales" / "demo.yaml")
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12)
)
TEXTS = (
    BOMB,
    BOMB.replace("[", "[{<<: ", 1),
    "a: &a [*a]",
    "a: &a {<<: *a}",
    "[" * 100_000,
    "{a: " * 90_000,
    "- " * 50_000 + "x",
    "? " * 50_000,
    "!!python/object/apply:os.system ['touch owned']",
    "a: !!python/name:os.system",
    "a: !!binary aGk=",
    "a: 2001-01-01",
    "a: .nan",
    "a: .inf",
    "a: " + "9" * 5000,
    "a: 1e999",
    "a: !!set {b, c}",
    "1: b",
    "yes: b",
    "a: 0x" + "f" * 600,
    "a: &b c\nd: *e",
    "%TAG ! tag:x,2000:\n--- !y z",
    "--- a\n--- b",
    "\t",
    "a: \x00",
    "\ufeffa: b",
    "a: 'b",
    "a: 190:20:30.15",
    "a: !!omap [b: c]",
    "a: {b: 1, b: 2}",
    "<<: 3",
)


@fuzzed(st.one_of(st.dictionaries(words, values, max_size=4), damaged(SETTINGS), damaged({**SETTINGS, "plugins": ["x.py"]})))
def test_settings(content):
    found = clear(lambda: settings_from(content))
    assert found is None or found.scale == content.get("scale", "demo")


@fuzzed(
    st.lists(
        st.one_of(words, st.builds(lambda key, value: f"{key}={value}", st.sampled_from(sorted(SETTINGS)), words)), max_size=3
    )
)
def test_assignments(assignments):
    clear(lambda: load_settings(assignments))


@fuzzed(st.one_of(st.sampled_from(TEXTS), words, st.lists(st.sampled_from(TEXTS + HOSTILE), max_size=4).map("\n".join)))
def test_yaml_text(watched, text):
    path = watched / "x.yaml"
    path.write_text(text, encoding="utf-8", errors="replace")
    found = clear(lambda: load_yaml(path))
    assert found is None or len(json.dumps(found, allow_nan=False)) < 2_000_000


def test_every_hostile_text(watched):
    for text in TEXTS:
        test_yaml_text.hypothesis.inner_test(watched, text)
    assert not (watched / "owned").exists()


@fuzzed(damaged(PAPER))
def test_papers(watched, content):
    folder = watched / "papers"
    folder.mkdir(exist_ok=True)
    (folder / "drrnet.yaml").write_text(dumped(content), encoding="utf-8")
    clear(lambda: planned(papers_dir="papers"))


@fuzzed(damaged(SCALE))
def test_scales(watched, content):
    folder = watched / "scales"
    folder.mkdir(exist_ok=True)
    (folder / "demo.yaml").write_text(dumped(content), encoding="utf-8")
    clear(lambda: planned(scales_dir="scales"))


@fuzzed(st.lists(words, max_size=2), words)
def test_plug_ins_are_looked_at_and_not_run(watched, names, word):
    (watched / "fine.py").write_text("open('owned', 'w')\nclass A:\n    label = 'x'\n")
    (watched / "broken.py").write_text(f"class A(\n{word}", encoding="utf-8", errors="replace")
    clear(lambda: planned(plugins=["fine.py", *names]))
    clear(lambda: planned(plugins=["broken.py"]))
    assert not (watched / "owned").exists()


@fuzzed(words, words)
def test_names_of_runs_and_targets(word, other):
    plan = Plan(settings_from({}))
    for text in (word, f"demo/drrnet/{word}/{other}/dlb/seed0", f"{word}/{other}", f"reports/{word}.html"):
        found = clear(lambda text=text: parse_run(text))
        assert found is None or ".." not in found.record.parts
        clear(lambda text=text: plan.runs_of(text))


def dumped(content):
    """As YAML where that can write it, else as JSON, which YAML reads too."""
    try:
        return yaml.safe_dump(content, allow_unicode=True)
    except (yaml.YAMLError, ValueError):
        return json.dumps(content)


def planned(**settings):
    """Everything that the workflow asks of a plan before it starts a job."""
    plan = Plan(settings_from(settings))
    for run in plan.runs_of("all")[:40]:
        plan.teachers(run)
        fingerprint(plan, run)
    return plan
