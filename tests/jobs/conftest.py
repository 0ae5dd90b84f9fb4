"""A working folder with records of runs that nobody trained."""

from projects.recorded import recorded

__all__ = ["recorded"]
