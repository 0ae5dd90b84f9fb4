"""Methods: every file of this folder is one, found by its name; what several share stands in ``shared``."""

from bench.methods._method import Clock, Method, Step
from bench.methods._registry import load_method

__all__ = ["Clock", "Method", "Step", "load_method"]
