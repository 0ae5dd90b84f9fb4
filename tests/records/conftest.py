"""A working folder with records of runs that nobody trained."""

from new_method import compared
from recorded_project import recorded

__all__ = ["compared", "recorded"]
