"""Tests, intervals, corrections and verdicts: pure functions of numbers, frozen values out.

Accuracies are in percent, differences in pp, sd with ddof=1. scipy and scikit-posthocs are imported where a test is made.
"""

from bench.stats.caveats import (
    INTERVALS,
    chance_sentence,
    collapsed_sentence,
    correlation_sentence,
    epoch_sentence,
    images_sentence,
    looks_sentence,
    plan_sentence,
    power_sentence,
    ranks_sentence,
    settings_sentence,
    unjudged_best_sentence,
)
from bench.stats.cells import paired_over_cells, performance_profile, pooled_difference, probability_of_improvement
from bench.stats.columns import Ranks, Together, mean_ranks, new_settings, together
from bench.stats.comparability import Comparability, comparability
from bench.stats.correction import holm, holm_in_families
from bench.stats.curve import against_curve, over_curve
from bench.stats.detect import (
    ConfirmationPlan,
    PrintedGain,
    Reach,
    Spreads,
    chance_equivalent,
    chance_found,
    detectable,
    judged_spreads,
    mean_chance_found,
    reach_of,
    seeds_to_find,
)
from bench.stats.difference import Difference, permutation_p, seed_correlation, welch
from bench.stats.equivalence import equivalence
from bench.stats.findings import (
    across_sentence,
    cells_sentence,
    claims_sentence,
    comparison_sentence,
    left_out_sentence,
    rivals_sentence,
)
from bench.stats.images import new_images_difference, new_images_together
from bench.stats.ladder import CLAIM_VERDICTS, ClaimCell, ClaimVerdict, claim_verdicts, printed_gain
from bench.stats.level import LEVEL_VERDICTS, LevelCell, LevelVerdict, level_verdicts
from bench.stats.pairwise import OTHERS, OWN, Counts, Pairwise, against_baselines, best_of, own_against_best_rival, pairwise
from bench.stats.printed import ClaimCounts, PrintedClaim, printed_claims
from bench.stats.rates import PlannedGain, claim_rates, expected_accusations, expected_contradictions
from bench.stats.sample import Measured, Reported, Sample
from bench.stats.standings import Standings, best_overall, is_collapsed, standings
from bench.stats.verdict_words import claim_sentence, level_sentence

__all__ = [
    "CLAIM_VERDICTS", "INTERVALS", "LEVEL_VERDICTS", "OTHERS", "OWN", "ClaimCell", "ClaimCounts", "ClaimVerdict",
    "Comparability", "ConfirmationPlan", "Counts", "Difference", "LevelCell", "LevelVerdict", "Measured", "Pairwise",
    "PlannedGain", "PrintedClaim", "PrintedGain", "Ranks", "Reach", "Reported", "Sample", "Spreads",
    "Standings", "Together", "across_sentence", "against_baselines", "against_curve", "best_of", "best_overall",
    "cells_sentence", "chance_equivalent", "chance_found", "chance_sentence", "claim_rates", "claim_sentence",
    "claim_verdicts", "claims_sentence", "collapsed_sentence", "comparability", "comparison_sentence",
    "correlation_sentence", "detectable", "epoch_sentence", "equivalence", "expected_accusations",
    "expected_contradictions", "holm", "holm_in_families", "images_sentence", "is_collapsed", "judged_spreads",
    "left_out_sentence", "level_sentence", "level_verdicts", "looks_sentence", "mean_chance_found", "mean_ranks",
    "new_images_difference", "new_images_together", "new_settings", "over_curve", "own_against_best_rival",
    "paired_over_cells", "pairwise", "performance_profile", "permutation_p", "plan_sentence", "pooled_difference",
    "power_sentence", "printed_claims", "printed_gain", "probability_of_improvement", "ranks_sentence", "reach_of",
    "rivals_sentence", "seed_correlation", "seeds_to_find", "settings_sentence", "standings", "together",
    "unjudged_best_sentence", "welch",
]  # fmt: skip
