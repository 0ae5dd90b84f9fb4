"""YAML is read safely, and every key of every schema is described."""

import pytest

from bench.plan import BenchError
from bench.plan.errors import nearest
from bench.plan.schema import SCHEMAS, load_yaml

HOSTILE = {
    "tag": "a: !!python/object/apply:os.system ['true']",
    "twice": "a: 1\na: 2",
    "list": "- 1",
    "broken": "a: [1",
    "binary": "\x00\x01",
    "deep": "[" * 5000,
    "key": "? [1, 2]\n: 3",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_one_line(name, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(HOSTILE[name])
    with pytest.raises(BenchError) as fault:
        load_yaml(path)
    assert "\n" not in str(fault.value)


def test_a_mapping_may_override_what_it_merges_in(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("base: &b {lr: 2.0e-4, size: 1}\nchild: {<<: *b, size: 2}\n")
    assert load_yaml(path)["child"] == {"lr": 2e-4, "size": 2}


def test_numbers_with_an_exponent_are_numbers(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("lr: 2e-4")
    assert load_yaml(path)["lr"] == 2e-4


@pytest.mark.parametrize("schema", sorted(path.name for path in SCHEMAS.glob("*.yaml")))
def test_every_key_has_a_description_and_objects_are_closed(schema):
    def walk(node, path):
        if isinstance(node, dict):
            for key, prop in node.get("properties", {}).items():
                described = "description" in prop or "$ref" in prop or {"columns", "rows", "blocks", "panels"} & {key}
                described = described or path[-1:] == ("if",)
                assert described, f"{schema}: {'.'.join((*path, key))} has no description"
            # An `if` only asks which kind something is, and `allOf` hands it on to the closed schema of that kind.
            if "properties" in node and path[-1:] != ("if",) and "allOf" not in node:
                assert node.get("additionalProperties") is False, f"{schema}: {'.'.join(path)} accepts unknown keys"
            for key, value in node.items():
                walk(value, (*path, str(key)))
        elif isinstance(node, list):
            for item in node:
                walk(item, path)

    walk(load_yaml(SCHEMAS / schema), ())


@pytest.mark.parametrize(
    ("word", "meant"),
    [("CIFAR-10", "cifar10"), ("ResNet18", "resnet18"), ("resnt18", "resnet18"), ("DLB", "dlb"), ("?", ""), ("", "")],
)
def test_a_name_is_recognised_in_other_letters(word, meant):
    assert nearest(word, ["cifar10", "cifar100", "dlb", "resnet18"]) == (f"did you mean '{meant}'?" if meant else "")
