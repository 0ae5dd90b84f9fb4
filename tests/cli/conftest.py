"""Working folders: one with records of runs that nobody trained, one with a figure of each kind."""

from figure_project import drawn
from new_method import compared
from recorded_project import recorded

__all__ = ["compared", "drawn", "recorded"]
