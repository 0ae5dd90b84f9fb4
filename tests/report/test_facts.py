"""What a table's CSV says of how a result came about."""

from __future__ import annotations

from bench.report.facts import FACTS, facts_of


def test_facts_are_self_contained_and_ordered(make_results) -> None:
    for result in make_results({"ours": (76.0, "diverged"), "baseline": (70.0,)}):
        facts = facts_of(result)
        assert tuple(facts) == tuple(FACTS)
        assert (facts["data_digest"], facts["torch"], facts["recipe_version"], facts["commit"]) == (
            "0123456789abcdef",
            "2.12.0",
            1,
            "cccc",
        )
