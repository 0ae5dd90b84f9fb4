"""What the Snakefile asks: the plan as inputs, params and resources of its rules."""
