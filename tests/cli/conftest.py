"""Working folders: one with records of runs that nobody trained, one with a figure of each kind."""

from projects.figures import drawn
from projects.new_method import compared
from projects.recorded import recorded

__all__ = ["compared", "drawn", "recorded"]
