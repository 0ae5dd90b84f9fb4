"""A reproducibility bench for (self-)knowledge-distillation papers."""

__version__ = "0.2.0"
