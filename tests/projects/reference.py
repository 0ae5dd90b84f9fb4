"""Inputs that a seed fixes, and gradients in brief: how values of the authors' codes are written down in tests."""

import numpy as np
import torch


def normal(seed, *shape, scale=1.0):
    """``scale`` times standard normal numbers of NumPy's old generator, float64."""
    return scale * torch.from_numpy(np.random.RandomState(seed).randn(*shape))


def brief(gradient):
    """Sum and Euclidean length."""
    return float(gradient.sum()), float(gradient.norm())


def assert_brief(gradient, total, length, tolerance=1e-9):
    """That a gradient has this sum and length."""
    found = brief(gradient)
    assert abs(found[0] - total) <= tolerance * max(1.0, abs(total)), (found, total)
    assert abs(found[1] - length) <= tolerance * max(1.0, abs(length)), (found, length)
