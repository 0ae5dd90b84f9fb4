"""From configs to the facts of the DAG. Imports no torch: the Snakefile imports this room at every parse."""

from bench.plan.batches import JobBatch, batches, tuning_batches
from bench.plan.errors import BenchError, one_of
from bench.plan.figures import Figure, ProbedFigure
from bench.plan.papers import load_paper, paper_names
from bench.plan.plan import Plan
from bench.plan.scales import Scale, load_scale, scale_names
from bench.plan.settings import Settings, load_settings, settings_from
from bench.plan.values import Block, Cell, Entry, Heading, Paper, Run, Table, Teacher, Variant, parse_run

__all__ = [
    "BenchError", "Block", "Cell", "Entry", "Figure", "Heading", "JobBatch", "Paper", "Plan", "ProbedFigure", "Run", "Scale",
    "Settings", "Table", "Teacher", "Variant", "batches", "load_paper", "load_scale", "load_settings", "one_of", "paper_names",
    "parse_run", "scale_names", "settings_from", "tuning_batches",
]  # fmt: skip
