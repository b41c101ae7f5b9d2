"""Files of any size, from the model files of the fixtures; folders of any size, from packages."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

MODELS = Path(__file__).resolve().parents[2] / "fixtures" / "models"
NAMES = ("resnet_loops.py", "pggan_generator.py", "cpn_globalnet.py", "hifigan_like.py", "clean_zoo.py")

GENERATED = "automatically generated from"

TABLE = '''

CASES_{number} = {{
    "resnet_{number}": {{"url": "https://example.org/resnet_{number}.pth", "input_size": (3, 224, 224), "top1": 76.1}},
    "mixer_{number}": {{"url": "https://example.org/mixer_{number}.pth", "input_size": (3, 256, 256), "top1": 71.9}},
}}


class Reader{number}:
    """Reads lines, keeps those of a kind and counts the rest.

    Lines are separated by commas; a line that cannot be read is counted as one of the rest.
    """

    def __init__(self, path, kind={number}):
        self.path, self.kind, self.rest = path, kind, 0

    def lines(self):
        """The lines of the kind, as numbers."""
        with open(self.path, encoding="utf-8") as file:
            for line in file:
                kind, *numbers = line.rstrip().split(",")
                if kind != str(self.kind):
                    self.rest += 1
                    continue
                try:
                    yield [float(number) for number in numbers]
                except ValueError:
                    self.rest += 1


def summary_{number}(rows, width={number}):
    """The sums of columns, in a line."""
    sums = [sum(column) for column in zip(*rows)]
    return " ".join(f"{{value:>{{width}}.2f}}" for value in sums)
'''
"""Code that has nothing to do with weights."""


def models(number: int) -> str:
    """A module of so many copies of the fixtures' models, in which every class and function has a name of its own."""
    imports: list[str] = []
    bodies: list[tuple[str, list[str]]] = []
    for name in NAMES:
        text = (MODELS / name).read_text(encoding="utf-8")
        lines, tree = text.splitlines(keepends=True), ast.parse(text)
        names: list[str] = []
        end = 0
        for node in tree.body:
            match node:
                case ast.Import() | ast.ImportFrom():
                    imports.append("".join(lines[node.lineno - 1 : node.end_lineno]))
                    end = node.end_lineno or end
                case ast.ClassDef(name=defined) | ast.FunctionDef(name=defined):
                    names.append(defined)
                case ast.Assign(targets=[ast.Name(defined)]):
                    names.append(defined)
        bodies.append(("".join(lines[end:]), names))
    return "".join([*dict.fromkeys(imports), *_numbered(bodies, number)])


def _numbered(bodies: list[tuple[str, list[str]]], copies: int) -> Iterator[str]:
    for number in range(copies):
        for file, (text, names) in enumerate(bodies):
            word = re.compile(rf"\b({'|'.join(names)})\b")
            yield word.sub(lambda found, end=f"_{number}_{file}": found[0] + end, text)


def dense(size: int) -> str:
    """A module of models, of about so many characters."""
    return models(max(1, round(size / len(models(1)))))


def sparse(size: int, share: float) -> str:
    """A module of about so many characters, of which models are a share, in front, and the rest has no weights."""
    parts = [dense(round(size * share))]
    length, number = len(parts[0]), 0
    while length < size:
        parts.append(TABLE.format(number=number))
        length, number = length + len(parts[-1]), number + 1
    return "".join(parts)


def copies(folder: Path, number: int, place: Path) -> Path:
    """A folder of so many copies of every eighth file of a package, each copy a package with a name of its own."""
    shutil.rmtree(place, ignore_errors=True)
    word = re.compile(rf"\b{re.escape(folder.name)}\b")
    for file in sorted(folder.rglob("*.py"))[::8]:
        text = file.read_text(encoding="utf-8")
        for copy in range(number):
            package = f"{folder.name}_{copy}"
            target = place / package / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(word.sub(package, text), encoding="utf-8")
    return place


def modelling(package: Path, place: Path, *, marked: bool) -> Path:
    """The first 300 `modeling_*.py` of a package of transformers, laid out as its repository is.

    Most of them begin with a mark that they are generated; without it where they shall not be `marked`.
    """
    shutil.rmtree(place, ignore_errors=True)
    for file in sorted((package / "models").rglob("modeling_*.py"))[:300]:
        text = file.read_text(encoding="utf-8")
        target = place / "src" / "transformers" / file.relative_to(package)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text if marked else text.replace(GENERATED, "made from", 1), encoding="utf-8")
    return place
