"""A working folder with records of runs that nobody trained."""

from projects.new_method import compared
from projects.recorded import recorded

__all__ = ["compared", "recorded"]
