"""Qualified names through every import spelling, aliases, scopes and fallbacks."""

import pytest
from reading import qualified

NORMAL = "torch.nn.init.normal_"


@pytest.mark.parametrize(
    ("imports", "written"),
    [
        ("import torch", "torch.nn.init.normal_"),
        ("import torch as th", "th.nn.init.normal_"),
        ("import torch.nn", "torch.nn.init.normal_"),
        ("import torch.nn as nn", "nn.init.normal_"),
        ("import torch.nn.init", "torch.nn.init.normal_"),
        ("import torch.nn.init as init", "init.normal_"),
        ("from torch import nn", "nn.init.normal_"),
        ("from torch import nn as layers", "layers.init.normal_"),
        ("from torch.nn import init", "init.normal_"),
        ("from torch.nn import init as initialise", "initialise.normal_"),
        ("from torch.nn.init import normal_", "normal_"),
        ("from torch.nn.init import normal_ as gauss", "gauss"),
        ("from torch.nn.init import (\n    zeros_,\n    normal_,\n)", "normal_"),
        ("from torch.nn.init import *", "normal_"),
        ("from torch.nn import *", "init.normal_"),
        ("from torch import *", "nn.init.normal_"),
        ("import math, torch.nn as nn", "nn.init.normal_"),
        ("from torch import nn\ninit = nn.init", "init.normal_"),
        ("from torch import nn\ngauss = nn.init.normal_", "gauss"),
        ("import torch\nnn = torch.nn\ninit = nn.init\ngauss = init.normal_", "gauss"),
    ],
)
def test_every_spelling_leads_to_the_same_name(imports: str, written: str) -> None:
    assert qualified(f"{imports}\nprobe({written})") == NORMAL


@pytest.mark.parametrize(
    ("imports", "written", "expected"),
    [
        ("import torch.nn as nn", "nn.modules.conv.Conv2d", "torch.nn.Conv2d"),
        ("from torch.nn.modules.batchnorm import _BatchNorm", "_BatchNorm", "torch.nn._BatchNorm"),
        ("from torch.nn.parameter import Parameter", "Parameter", "torch.nn.Parameter"),
        ("from torch.nn.utils.weight_norm import weight_norm", "weight_norm", "torch.nn.utils.weight_norm"),
    ],
)
def test_private_modules_lead_to_the_public_name(imports: str, written: str, expected: str) -> None:
    assert qualified(f"{imports}\nprobe({written})") == expected


@pytest.mark.parametrize(
    "statement",
    [
        "from transformers import initialization as init",
        "import transformers.initialization as init",
        "from ... import initialization as init",
        "from .. import initialization as init",
    ],
)
def test_initialization_of_transformers_absolute_and_relative(statement: str) -> None:
    assert qualified(f"{statement}\nprobe(init.normal_)") == "transformers.initialization.normal_"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("from . import initialization as init", ".initialization.normal_"),
        ("from .layers import init", ".layers.init.normal_"),
        ("from ..layers import init", "..layers.init.normal_"),
        ("from paddle.nn import init", "paddle.nn.init.normal_"),
    ],
)
def test_other_modules_are_not_torch(statement: str, expected: str) -> None:
    assert qualified(f"{statement}\nprobe(init.normal_)") == expected


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ("from .imports import *", "torch.nn.GRU"),
        ("from ..imports import *\nfrom .layers import *", "torch.nn.GRU"),
        ("from ..imports import nn", "..imports.nn.GRU"),
        ("from ..imports import *\nnn = build()", None),
        ("from paddle import *", None),
        ("from imports import *", None),
        ("", None),
    ],
)
def test_unbound_nn_comes_from_the_project_of_which_all_is_imported(imports: str, expected: str | None) -> None:
    assert qualified(f"{imports}\nprobe(nn.GRU)") == expected


@pytest.mark.parametrize("module", ["mmcv.utils.parrots_wrapper", "mmengine.utils.dl_utils.parrots_wrapper"])
def test_classes_that_openmmlab_hands_on_are_torchs(module: str) -> None:
    assert qualified(f"from {module} import _BatchNorm\nprobe(_BatchNorm)") == "torch.nn._BatchNorm"
    assert qualified(f"from {module} import DataLoader\nprobe(DataLoader)") == f"{module}.DataLoader"


def test_import_inside_a_function_is_seen_there() -> None:
    code = """
        def init_weights(m):
            from torch.nn import init
            probe(init.normal_)
    """
    assert qualified(code) == NORMAL


def test_import_inside_a_function_is_not_seen_elsewhere() -> None:
    code = """
        def first():
            from torch.nn import init

        def second():
            probe(init.normal_)
    """
    assert qualified(code) is None


def test_module_names_are_taken_as_they_stand_at_the_end() -> None:
    code = """
        def init_weights(m):
            probe(init.normal_)

        from torch.nn import init
    """
    assert qualified(code) == NORMAL


@pytest.mark.parametrize(
    "code",
    [
        "from torch.nn import init\ndef f(init):\n    probe(init.normal_)",
        "from torch.nn import init\ndef f(*init):\n    probe(init.normal_)",
        "from torch.nn import init\nfor init in inits:\n    probe(init.normal_)",
        "from torch.nn import init\nwith make() as init:\n    probe(init.normal_)",
        "from torch.nn import init\ninit = make()\nprobe(init.normal_)",
        "from torch.nn import init\ndef init(): ...\nprobe(init.normal_)",
        "from torch.nn import init\nclass init: ...\nprobe(init.normal_)",
        "from torch.nn import init\ndel init\nprobe(init.normal_)",
        "from torch.nn import init\nx = [probe(init.normal_) for init in inits]",
        "from torch.nn import init\nf = lambda init: probe(init.normal_)",
        "from torch.nn import init\ninit, other = make()\nprobe(init.normal_)",
        "from torch.nn.init import *\ndef normal_(w): ...\nprobe(normal_)",
        "probe(nn.init.normal_)",
        "probe(layers[0].normal_)",
        "probe(make().normal_)",
    ],
)
def test_what_is_hidden_or_unknown_is_not_resolved(code: str) -> None:
    assert qualified(code) != NORMAL


def test_a_method_does_not_see_the_names_of_its_class() -> None:
    code = """
        from torch.nn import init

        class Net:
            init = None

            def reset(self):
                probe(init.normal_)
    """
    assert qualified(code) == NORMAL


def test_both_ways_of_a_fallback_import_agree() -> None:
    code = """
        try:
            from torch.nn import init
        except ImportError:
            import torch.nn.init as init
        probe(init.normal_)
    """
    assert qualified(code) == NORMAL


def test_none_as_a_fallback_does_not_count() -> None:
    code = """
        try:
            from torch.nn import init
        except ImportError:
            init = None
        probe(init.normal_)
    """
    assert qualified(code) == NORMAL


@pytest.mark.parametrize(
    "code",
    [
        """
        try:
            from torch.nn import init
        except ImportError:
            from layers import init
        probe(init.normal_)
        """,
        """
        from torch.nn import init
        if flag:
            from layers import init
        probe(init.normal_)
        """,
    ],
)
def test_paths_that_disagree_settle_nothing(code: str) -> None:
    assert qualified(code) is None


def test_builtins_are_names_unless_hidden() -> None:
    assert qualified("probe(isinstance)") == "isinstance"
    assert qualified("isinstance = make()\nprobe(isinstance)") is None


def test_a_cycle_of_aliases_ends() -> None:
    assert qualified("a = b\nb = a\nprobe(a)") is None
