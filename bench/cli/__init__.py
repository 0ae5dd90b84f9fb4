"""The command line: one sub-command per step of the way, each usable without Snakemake."""
