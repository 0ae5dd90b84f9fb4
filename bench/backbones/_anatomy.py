"""Finding the parts of a plain network: its classifier, its modules in order, the norm and the ReLU that end a stage."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class PoolAndFlatten(nn.Module):
    """What networks do between their last map and their classifier where no module of theirs does it; nothing on vectors."""

    def forward(self, maps: Tensor) -> Tensor:
        """(B, c, h, w) to (B, c)."""
        return nn.functional.adaptive_avg_pool2d(maps, 1).flatten(1) if maps.dim() == 4 else maps


def classifier(net: nn.Module) -> nn.Linear:
    """The layer that gives the logits."""
    return [module for module in net.modules() if isinstance(module, nn.Linear)][-1]


def chain(net: nn.Module, stages: Sequence[str]) -> list[tuple[str, nn.Module]]:
    """Paths and modules that, run one after the other, are the network.

    Holds for networks whose children are registered in the order in which they run, which a test checks for all that declare
    stages. Containers that hold a stage are opened.
    """
    end = classifier(net)
    links: list[tuple[str, nn.Module]] = []

    def unfold(prefix: str, module: nn.Module) -> None:
        for name, child in module.named_children():
            path = f"{prefix}{name}"
            if any(stage.startswith(f"{path}.") for stage in stages) or (child is not end and end in child.modules()):
                unfold(f"{path}.", child)
                continue
            if child is end:
                links.append(("", PoolAndFlatten()))
            links.append((path, child))

    unfold("", net)
    return links


def last_activation(stage: nn.Module) -> nn.ReLU | nn.ReLU6 | None:
    """The stage's last registered ReLU."""
    return next((module for module in reversed(list(stage.modules())) if isinstance(module, (nn.ReLU, nn.ReLU6))), None)


def norm_of(net: nn.Module, path: str) -> nn.BatchNorm2d:
    """The last batch norm registered in the module at ``path``, or before it where it holds none (a bare ReLU as stage)."""
    modules = list(net.named_modules())
    end = max(index for index, (name, _) in enumerate(modules) if name == path or name.startswith(f"{path}."))
    return [module for _, module in modules[: end + 1] if isinstance(module, nn.BatchNorm2d)][-1]
