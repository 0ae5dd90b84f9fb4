"""Records of runs: schema, atomic files, fingerprints, stored results. Imports no torch."""

from bench.records.result import Result

__all__ = ["Result"]
