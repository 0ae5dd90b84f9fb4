"""A new method beside stored results: from compared tables and results to a page, a LaTeX table and a CSV."""

from bench.report.comparison.build import comparison_view
from bench.report.comparison.files import render_comparison

__all__ = ["comparison_view", "render_comparison"]
