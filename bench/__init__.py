"""A reproducibility bench for (self-)knowledge-distillation papers."""

__version__ = "0.1.0"
