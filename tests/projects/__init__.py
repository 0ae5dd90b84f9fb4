"""The little worlds that tests work in: folders with a paper, a dataset, records or a scheduler of their own."""
