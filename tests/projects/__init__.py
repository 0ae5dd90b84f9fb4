"""The little worlds that tests work in: folders with a paper, a data set, records or a scheduler of their own."""
