"""Across the cells of a table: each method's gain over all columns together, and two descriptive pictures."""
