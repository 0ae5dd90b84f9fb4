"""A working folder with records of runs that nobody trained."""

from recorded_project import recorded

__all__ = ["recorded"]
