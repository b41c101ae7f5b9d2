import ast

import pytest
from page_spellings import in_function, variants, with_tabs

CODE = """\
import math
from torch import nn

conv = nn.Conv2d(3, 8, 3)
nn.init.normal_(conv.weight, 0, math.sqrt(2))
text = '''
    nn.init
'''
def f(m):
    if m:
        nn.init.zeros_(m.bias), nn.init.normal_(m.weight)
"""


def spelled(code: str) -> dict[str, str]:
    return {variant.name: variant.code for variant in variants(code)}


def test_every_variant_parses_and_maps_each_of_its_lines() -> None:
    for variant in variants(CODE):
        ast.parse(variant.code)
        assert len(variant.origins) == len(variant.code.splitlines()), variant.name


def test_torch_nn_as_nn_changes_the_import_alone() -> None:
    assert spelled(CODE)["import-torch-nn-as-nn"] == CODE.replace("from torch import nn", "import torch.nn as nn")


def test_torch_is_spelled_out_but_not_in_strings() -> None:
    code = spelled(CODE)["import-torch"]
    assert "conv = torch.nn.Conv2d(3, 8, 3)\ntorch.nn.init.normal_(conv.weight, 0, math.sqrt(2))\n" in code
    assert "torch.nn.init.zeros_(m.bias), torch.nn.init.normal_(m.weight)\n" in code
    assert "'''\n    nn.init\n'''" in code


def test_init_is_imported_beside_nn() -> None:
    code = spelled(CODE)["from-nn-import-init"]
    assert "from torch import nn\nfrom torch.nn import init\n\nconv = nn.Conv2d(3, 8, 3)\ninit.normal_(" in code


def test_function_import_stands_for_the_lines_that_use_it() -> None:
    variant = next(variant for variant in variants(CODE) if variant.name == "from-init-import-as")
    lines = variant.code.splitlines()
    line = lines.index("from torch.nn.init import normal_ as init_normal_") + 1
    assert variant.origin([(line, "INI950"), (1, "INI951")]) == {(5, "INI950"), (11, "INI950"), (1, "INI951")}
    assert lines[-1].strip() == "init_zeros_(m.bias), init_normal_(m.weight)"


def test_other_names_of_the_import_stay() -> None:
    assert (
        "from torch import Tensor as T\nimport torch\n"
        in spelled("from torch import nn, Tensor as T\n")["import-torch"]
    )


@pytest.mark.parametrize(
    "code",
    [
        "import torch.nn as nn\nnn.init\n",
        "from torch.nn import init\ninit.normal_\n",
        "from torch import nn\nnn = 1\n",
        "from torch import nn\ndef f(nn): pass\n",
        "from torch import nn as other\n",
        "def f():\n    from torch import nn\n",
    ],
)
def test_other_imports_have_no_spellings(code: str) -> None:
    assert not [name for name in spelled(code) if "import" in name]


def test_init_that_is_taken_is_not_imported() -> None:
    assert "from-nn-import-init" not in spelled("from torch import nn\ndef init(m): nn.init.zeros_(m)\n")


def test_tabs_leave_strings_alone() -> None:
    assert with_tabs(CODE).splitlines()[6:] == [
        "    nn.init",
        "'''",
        "def f(m):",
        "\tif m:",
        "\t\tnn.init.zeros_(m.bias), nn.init.normal_(m.weight)",
    ]


def test_function_holds_the_whole_example() -> None:
    variant = in_function(CODE)
    assert variant is not None
    assert variant.code.startswith("def wrapped():\n    import math\n    from torch import nn\n\n    conv = ")
    assert "'''\n    nn.init\n'''\n" in variant.code
    assert variant.origin([(6, "INI950")]) == {(5, "INI950")}


@pytest.mark.parametrize("code", ["from torch.nn import *\n", "from __future__ import annotations\n"])
def test_module_level_imports_are_not_wrapped(code: str) -> None:
    assert in_function(code) is None
