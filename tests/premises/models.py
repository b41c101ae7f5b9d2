"""The files that cases are put into."""

from __future__ import annotations

HEAD = "import torch\nfrom torch import nn\n"


def model(*lines: str, head: str = "", arguments: str = "", forward: str = "x", methods: str = "") -> str:
    """A module class with these lines in its constructor, below a head, with further methods or classes behind it."""
    body = "\n".join(f"        {line}" for line in ("super().__init__()", *lines))
    return (
        f"{HEAD}{head}class Net(nn.Module):\n    def __init__(self{arguments}):\n{body}\n"
        f"    def forward(self, x):\n        return {forward}\n{methods}"
    )


def picked(*lines: str, layer: str = "nn.Conv2d", head: str = "") -> str:
    """A function with these lines for the modules that a test picks."""
    body = "\n".join(f"            {line}" for line in lines)
    return (
        f"import math\n{head}{HEAD}def start(model):\n    for m in model.modules():\n"
        f"        if isinstance(m, {layer}):\n{body}\n"
    )
