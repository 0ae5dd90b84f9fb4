"""What the Snakefile asks of the suite, typed: the files and facts of every rule, and hooks into Snakemake 9."""
