"""Checks of hyper-parameters; each refuses in one line that names the parameter, its value and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence


def check_positive(**values: float) -> None:
    """Refuse values that are not above 0."""
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} is {value}; allowed: above 0")


def check_not_negative(**values: float) -> None:
    """Refuse values below 0."""
    for name, value in values.items():
        if not value >= 0:
            raise ValueError(f"{name} is {value}; allowed: 0 and above")


def check_share(**values: float) -> None:
    """Refuse values outside [0, 1]."""
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}; allowed: 0 to 1")


def check_choice(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a word that is not one of ``allowed``."""
    if value not in allowed:
        raise ValueError(f"{name} is '{value}'; allowed: {', '.join(allowed)}")
