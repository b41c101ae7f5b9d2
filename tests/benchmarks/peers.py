"""The tools that initlint is measured beside, each in an environment of its own: `peers.py FOLDER` makes them all."""

from __future__ import annotations

import argparse
import subprocess
import venv
from pathlib import Path

PEERS = {
    "torchfix": ("torchfix==0.7.0", "flake8==7.5.0"),
    "mlinter": ("transformers-mlinter==0.1.5",),
    "ruff": ("ruff",),
}
"""What pip installs into the environment of each; none of it asks for torch."""


def environment(name: str, folder: Path) -> Path:
    """The folder of the commands of a peer; its environment is made where it is not there yet."""
    place = folder / name
    commands, complete = place / "bin", place / "complete"
    if not complete.exists():
        venv.create(place, clear=True, with_pip=True)
        subprocess.run([commands / "python", "-m", "pip", "install", "--quiet", *PEERS[name]], check=True)
        complete.touch()
    return commands


def main() -> None:
    """Make the environments and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the environments are made")
    for name in PEERS:
        print(environment(name, parser.parse_args().folder.resolve()))


if __name__ == "__main__":
    main()
