"""Tests, intervals, corrections and verdicts: pure functions of numbers, frozen values out.

Accuracies are in percent, differences in pp, sd with ddof=1. scipy and scikit-posthocs are imported where a test is made.
"""

from bench.stats.cells import (
    Improvement,
    MeanRanks,
    OverCells,
    PairedOverCells,
    critical_difference,
    friedman_nemenyi,
    over_cells,
    paired_over_cells,
    performance_profile,
    pooled_difference,
    probability_of_improvement,
)
from bench.stats.claims import Claim, paper_claims
from bench.stats.comparison import AgainstMethod, MethodComparison, Pairwise, compare_method, strongest
from bench.stats.correction import holm
from bench.stats.difference import Difference, permutation_p, welch
from bench.stats.equivalence import Equivalence, equivalence
from bench.stats.power import pooled_sd, seeds_needed, smallest_detectable_difference
from bench.stats.sample import Measured, Reported, Sample
from bench.stats.sentences import Tally, comparison_headline, detectable_sentence, seeds_sentence
from bench.stats.table import CellComparison, TableComparison, compare_table, seeds_to_settle
from bench.stats.verdict import VERDICTS, Verdict, gain_difference, level_difference, verdict_gain, verdict_level

__all__ = [
    "VERDICTS",
    "AgainstMethod",
    "CellComparison",
    "Claim",
    "Difference",
    "Equivalence",
    "Improvement",
    "MeanRanks",
    "Measured",
    "MethodComparison",
    "OverCells",
    "PairedOverCells",
    "Pairwise",
    "Reported",
    "Sample",
    "TableComparison",
    "Tally",
    "Verdict",
    "compare_method",
    "compare_table",
    "comparison_headline",
    "critical_difference",
    "detectable_sentence",
    "equivalence",
    "friedman_nemenyi",
    "gain_difference",
    "holm",
    "level_difference",
    "over_cells",
    "paired_over_cells",
    "paper_claims",
    "performance_profile",
    "permutation_p",
    "pooled_difference",
    "pooled_sd",
    "probability_of_improvement",
    "seeds_needed",
    "seeds_sentence",
    "seeds_to_settle",
    "smallest_detectable_difference",
    "strongest",
    "verdict_gain",
    "verdict_level",
    "welch",
]
