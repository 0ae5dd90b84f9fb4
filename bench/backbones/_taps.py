"""Recording what passes through a network during one forward pass, with hooks that are gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from bench.backbones._anatomy import last_activation


class Recording:
    """The maps by stage path, and where it was asked for, what entered the classifier."""

    def __init__(self) -> None:
        self.maps: dict[str, Tensor] = {}
        self.pooled: Tensor

    def output(self, path: str) -> Any:
        """A forward hook that keeps a module's output as the map of ``path``."""

        def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            self.maps[path] = output

        return keep

    def classified(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """A forward pre-hook that keeps the classifier's input."""
        self.pooled = inputs[0]


@contextmanager
def recording(
    net: nn.Module,
    stages: Sequence[str] = (),
    norms: Sequence[str] = (),
    before_activation: bool = False,
    classifier: nn.Module | None = None,
) -> Iterator[Recording]:
    """Record the next forward pass of ``net``; see :meth:`bench.backbones._network.Network.look`."""
    kept = Recording()
    with ExitStack() as undo:
        if classifier is not None:
            undo.callback(classifier.register_forward_pre_hook(kept.classified).remove)
        for index, path in enumerate(stages):
            stage = net.get_submodule(path)
            if not before_activation:
                undo.callback(stage.register_forward_hook(kept.output(path)).remove)
            elif norms:
                undo.callback(net.get_submodule(norms[index]).register_forward_hook(kept.output(path)).remove)
            else:
                _tap_before(kept, path, stage, undo)
        yield kept


def _tap_before(kept: Recording, path: str, stage: nn.Module, undo: ExitStack) -> None:
    """Keep what entered the stage's last ReLU, if that ReLU's output is the stage's output, and the output otherwise."""
    activation = last_activation(stage)
    ends: dict[str, Tensor] = {}

    def passed(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        # A module that is used several times in a block leaves its last use here.
        ends["before"], ends["after"] = inputs[0], output

    def ended(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        kept.maps[path] = ends["before"] if ends.get("after") is output else output
        ends.clear()

    if activation is not None:
        # In place it would overwrite the very tensor that is wanted.
        undo.callback(setattr, activation, "inplace", activation.inplace)
        activation.inplace = False
        undo.callback(activation.register_forward_hook(passed).remove)
    undo.callback(stage.register_forward_hook(ended).remove)
