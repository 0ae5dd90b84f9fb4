"""Probes: what trained networks show, as arrays for the figures. Every file here is one, named like its figures' kind.

A probe is a file with ``probe(figure, network)``: it looks at one network of a figure and gives arrays and facts. What several
share stands in ``shared``. Reading what a probe left imports no torch.
"""

from bench.probes.shared.store import Probe, ProbedNetwork, is_damaged, probe_fingerprint, probe_path, read_probe

__all__ = ["Probe", "ProbedNetwork", "is_damaged", "probe_fingerprint", "probe_path", "read_probe"]
