"""A reproducibility bench for (self-)knowledge-distillation papers."""

from typing import Any

__version__ = "0.2.0"
__all__ = ["load_network", "load_results"]  # pandas, torch and what they need are imported when they are asked for


def __getattr__(name: str) -> Any:
    if name in __all__:
        from bench import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
