"""Kinds of task: every file of this folder is one, found by its name; what they share stands in files that begin with ``_``.

A task's file holds all that is special about its kind:

- ``METRICS``, a literal that the plan reads without importing the file, its headline first;
- ``network(net, **taps)``, what methods see of a plain network;
- ``scorer(classes)``, which adds up predictions on the test set and gives the metrics;
- ``hits(output, target)``, which images of a mini-batch were right, for the training curve; ``None`` where that means nothing;
- ``sample(draw, count, classes, views, pairs)``, a small batch of noise that every method of the task can be tried on.
"""

from bench.tasks._task import Scorer, Task, build_network, load_task

__all__ = ["Scorer", "Task", "build_network", "load_task"]
