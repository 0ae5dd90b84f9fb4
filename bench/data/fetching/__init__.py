"""Datasets from where they are given away. Apart from what trains: an address more makes no result another one."""

from bench.data.fetching.fetch import fetch_dataset
from bench.data.fetching.sbd import fetch_sbd

__all__ = ["fetch_dataset", "fetch_sbd"]
