"""Records of runs: schema, atomic files, fingerprints, stored results. Imports no torch."""
