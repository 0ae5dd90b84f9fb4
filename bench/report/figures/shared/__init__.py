"""What the kinds of figures share: what they are made of, words, and the canvas."""
