"""Methods that train nothing: their run is one evaluation."""

import torch


def test_an_ensemble_is_evaluated_once_and_not_trained(config, run, teacher, tmp_path):
    members = {f"generation{index}": teacher(index) for index in range(2)}
    outcome, _ = run(config("ensemble"), members, tmp_path / "first")
    assert outcome.status == "finished" and outcome.reason == ""
    assert len(outcome.curve["test_accuracy"]) == 1
    assert "train_accuracy" not in outcome.metrics and "loss" not in outcome.curve
    assert outcome.metrics["accuracy"] == outcome.curve["test_accuracy"][0] == outcome.metrics["best_accuracy"]
    again, _ = run(config("ensemble"), members, tmp_path / "second")
    assert again.metrics == outcome.metrics


def test_one_member_scores_like_its_network(config, run, teacher, tmp_path):
    member = teacher(1)
    outcome, training = run(config("ensemble", {"average": "logits"}), {"generation0": member}, tmp_path / "single")
    hits = torch.cat([member.eval()(batch.views[0]).argmax(1) == batch.labels for batch in training.scored["test"]])
    assert outcome.metrics["accuracy"] == 100.0 * int(hits.sum()) / len(hits)
