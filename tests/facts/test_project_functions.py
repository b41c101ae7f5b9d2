"""The functions of other files that write weights, as the project knows them."""

import pytest

from initlint.facts.project import Project, Sketch

UTILS = """\
import torch
import torch.nn as nn
from matplotlib import pyplot as plt


def plot(values):
    plt.plot(values)


def init_weights(
    m: nn.Module, mean: float = 0.0, std: float = 0.01
) -> None:
    \"\"\"Small weights.\"\"\"

    if isinstance(m, nn.Conv1d):
        m.weight.data.normal_(mean, std)


class Net(nn.Module):
    def init_weights(self, m):
        m.weight.data.zero_()
"""


def functions(name: str, *paths: str) -> tuple[str, ...]:
    project = Project([("models.py", Sketch.of("import torch\n")), *((path, Sketch.of(UTILS)) for path in paths)])
    return project.elsewhere("models.py").functions(name)


@pytest.mark.parametrize("name", ["utils.init_weights", ".utils.init_weights", "pkg.nn.utils.init_weights"])
def test_function_is_found_by_the_module_that_it_is_imported_from(name: str) -> None:
    (source,) = functions(name, "pkg/nn/utils.py")
    assert source.startswith("import torch\nimport torch.nn as nn\ndef init_weights(")
    assert source.rstrip().endswith("m.weight.data.normal_(mean, std)")
    assert len(functions(name, "utils/__init__.py")) == 1


@pytest.mark.parametrize(
    "name", ["utils.plot", "other.init_weights", "init_weights", "utils.Net.init_weights", "utils.init_weight"]
)
def test_other_names_and_modules_give_nothing(name: str) -> None:
    assert not functions(name, "utils.py")


def test_two_modules_of_the_name_are_both_given() -> None:
    assert len(functions("utils.init_weights", "a/utils.py", "b/utils.py")) == 2
