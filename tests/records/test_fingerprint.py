"""Fingerprints: what changes them, and what does not."""

import pytest

from bench.plan import Plan, settings_from
from bench.records.fingerprint import fingerprint, source_digests


def mark(variant="dlb", backbone="resnet18", seed=0, **settings):
    plan = Plan(settings_from(settings))
    return fingerprint(plan, plan.cell("drrnet", "fusar", backbone, variant).run(seed))


@pytest.mark.parametrize(
    "setting", [{"data_dir": "/elsewhere"}, {"threads": 4}, {"device": "cpu"}, {"checkpoint_seconds": 1}, {"seeds": [0, 9]}]
)
def test_the_machine_s_settings_do_not_change_it(setting):
    assert mark(**setting) == mark()


def test_seed_variant_backbone_scale_and_precision_do():
    marks = [mark(), mark(seed=1), mark("baseline"), mark(backbone="vgg16_bn"), mark(scale="paper"), mark(precision="fp32")]
    assert len({item["config"] for item in marks}) == len(marks)


def test_a_student_s_covers_its_teacher_s(tmp_path):
    import yaml

    from bench.plan.catalogue import ROOT

    content = yaml.safe_load((ROOT / "config" / "papers" / "drrnet.yaml").read_text())
    content["variants"]["dlb"]["params"]["temperature"] = 4.0
    (tmp_path / "drrnet.yaml").write_text(yaml.safe_dump(content))
    changed = {variant: mark(variant, papers_dir=str(tmp_path)) for variant in ("dlb", "drrnet", "tfkd")}
    assert changed["dlb"]["config"] != mark("dlb")["config"]
    assert changed["drrnet"]["config"] != mark("drrnet")["config"]
    assert changed["tfkd"]["config"] == mark("tfkd")["config"]


def test_it_covers_the_files_that_a_run_uses_and_no_other_method():
    plan = Plan(settings_from({}))
    sources = source_digests(plan.resolve(plan.cell("drrnet", "fusar", "resnet18", "dlb").run(0)))
    assert {"bench/methods/dlb.py", "bench/methods/shared/carry.py", "bench/train/loop.py", "bench/data/sar_standin.py"} <= set(
        sources
    )
    assert "bench/methods/drrnet_skd.py" not in sources
    assert "bench/backbones/timm_imagenet.py" not in sources
    rooms = {name.split("/")[1] for name in sources}  # what only keeps or shows results does not make them stale
    assert rooms == {"backbones", "data", "methods", "tasks", "train"}


METHOD = '''"""A method."""
from bench.methods import Method, Step


class Mine(Method):
    """Idea."""

    label = "Mine"

    def step(self, batch, clock):
        logits = self.student(batch.views[0])
        return Step(logits, batch.labels, {{"ce": logits.{reduce}()}})
'''


def test_a_plugin_that_loads_a_network_of_ours_is_of_the_code_that_does(tmp_path):
    (tmp_path / "mine.py").write_text("from bench import load_network\n" + METHOD.format(reduce="mean"))
    config = {"method": {"name": "mine"}, "backbone": {"name": "resnet18"}, "data": {"name": "sar_standin3"}}
    assert {"bench/api.py", "bench/jobs/export.py"} < source_digests(config, (str(tmp_path / "mine.py"),)).keys()


def test_comments_and_layout_do_not_count_and_code_does(tmp_path):
    path = tmp_path / "mine.py"

    def digest(text):
        path.write_text(text)
        config = {"method": {"name": "mine"}, "backbone": {"name": "resnet18"}, "data": {"name": "sar_standin3"}}
        return source_digests(config, (str(path),))["mine.py"]

    first = digest(METHOD.format(reduce="mean"))
    assert digest(METHOD.format(reduce="mean").replace("Idea.", "Another sentence.") + "\n# a comment\n") == first
    assert digest(METHOD.format(reduce="sum")) != first
