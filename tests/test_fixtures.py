from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

MODELS = Path(__file__).parent.parent / "fixtures" / "models"
FILES = sorted(path.name for path in MODELS.glob("*.py"))
NEEDS_TRANSFORMERS = "hf_transformer.py"
TORCH_FILES = [name for name in FILES if name != NEEDS_TRANSFORMERS]
WITHOUT_FINDINGS = ["clean_zoo.py", NEEDS_TRANSFORMERS]
MARK = re.compile(r"# (error|todo): \[(INI\d{3})\]")
BROKEN = [
    (name, broken)
    for name in TORCH_FILES
    for broken in re.findall(r"^class (Broken\w*)", (MODELS / name).read_text(encoding="utf-8"), re.MULTILINE)
]
"""Classes that raise when they are constructed."""

INPUTS: dict[str, dict[str, tuple[tuple[int, ...], ...]]] = {
    "clean_zoo.py": {
        "build_graph_attention": ((5, 6), (5, 5)),
        "build_graph_convolution": ((5, 6), (5, 5)),
        "build_vectors": ((2, 8),),
        "build_actor_critic": ((2, 8),),
        "build_images": ((2, 3, 8, 8),),
        "build_relative_attention": ((2, 6, 8),),
        "build_identity_views": ((2, 8, 6, 6),),
        "build_guarded": ((2, 5, 8),),
        "build_numbers": ((3,),),
        "build_prototype_head": ((2, 8),),
    },
    "cpn_globalnet.py": {"build_cascaded_pyramid": ((2, 3, 64, 64),)},
    "dcgan.py": {
        "build_generator": ((2, 32, 1, 1),),
        "build_discriminator": ((2, 3, 32, 32),),
        "build_released_discriminator": ((2, 3, 32, 32),),
        "build_critic": ((2, 3, 32, 32),),
        "build_sloped_critic": ((2, 3, 32, 32),),
        "build_patch_critic": ((2, 3, 32, 32),),
        "build_mixed_critic": ((2, 3, 32, 32),),
        "build_projection_head": ((2, 8), (2,)),
    },
    "ddpg_actor.py": {
        "build_actor": ((2, 33),),
        "build_critic": ((2, 33), (2, 4)),
        "build_pendulum_actor": ((2, 3),),
        "build_twin_critic": ((2, 3), (2, 1)),
        "build_value_net": ((2, 3),),
        "build_scaled_actor": ((2, 33),),
        "build_row_actor": ((2, 3),),
    },
    "functional_conv.py": {"build_functional_net": ((2, 3, 8, 8),)},
    "hifigan_like.py": {
        "build_generator": ((2, 16, 4),),
        "build_flow_decoder": ((2, 16, 9),),
        "build_causal_block": ((2, 4, 12),),
        "build_spectral_critic": ((2, 1, 32),),
        "build_direction_net": ((2, 8, 6),),
        "build_period_discriminator": ((2, 1, 128),),
    },
    "init_tour.py": {
        "build_constants": ((2, 8),),
        "build_normals": ((2, 6, 8),),
        "build_bounds": ((2, 8),),
        "build_fans": ((2, 3, 6, 6),),
        "build_identities": ((2, 8, 6, 6),),
        "build_matrices": ((2, 8, 6),),
        "build_deprecated": ((2, 8),),
    },
    "pggan_generator.py": {
        "build_generator": ((2, 64),),
        "build_normalized_generator": ((2, 64),),
        "build_discriminator": ((2, 3, 16, 16),),
        "build_mapping": ((2, 64),),
        "build_equalized_stack": ((2, 3, 8, 8),),
    },
    "resnet_loops.py": {
        "build_resnet": ((2, 3, 8, 8),),
        "build_preact_resnet": ((2, 3, 8, 8),),
        "build_wide_resnet": ((2, 3, 8, 8),),
        "build_plain_net": ((2, 3, 8, 8),),
        "build_explicit_resnet": ((2, 3, 8, 8),),
        "build_aggregated_resnet": ((2, 3, 8, 8),),
        "build_fan_in_resnet": ((2, 3, 8, 8),),
    },
}
"""Shapes of the inputs of every model builder; a one-dimensional input holds indices."""

BUILDERS = [(name, builder) for name, shapes in INPUTS.items() for builder in shapes]


def marks(name: str, kind: str = "error") -> list[tuple[int, str]]:
    lines = (MODELS / name).read_text(encoding="utf-8").splitlines()
    found = [(number, mark) for number, line in enumerate(lines, start=1) for mark in MARK.findall(line)]
    return sorted((number, code) for number, (spelled, code) in found if spelled == kind)


def findings(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    command = [sys.executable, "-m", "initlint", "check", "--output-format", "json", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, cwd=MODELS, check=False)
    assert run.returncode in (0, 1), run.stderr
    return run.returncode, json.loads(run.stdout)["findings"]


def load(name: str) -> ModuleType:
    pytest.importorskip("torch")
    pytest.importorskip("numpy")
    spec = importlib.util.spec_from_file_location(f"model_fixture_{Path(name).stem}", MODELS / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", FILES)
def test_check_gives_exactly_the_marked_findings(name: str) -> None:
    code, found = findings(name)
    assert sorted((finding["line"], finding["code"]) for finding in found) == marks(name)
    assert code == (1 if found else 0)
    assert {Path(finding["path"]).name for finding in found} <= {name}


def test_check_over_the_folder_gives_the_findings_of_its_files() -> None:
    _, found = findings(".")
    expected = [(name, line, code) for name in FILES for line, code in marks(name)]
    assert sorted((Path(finding["path"]).name, finding["line"], finding["code"]) for finding in found) == expected


@pytest.mark.parametrize("name", WITHOUT_FINDINGS)
def test_files_of_look_alikes_carry_no_mark(name: str) -> None:
    assert marks(name) == marks(name, "todo") == []


@pytest.mark.parametrize("name", sorted(set(FILES) - set(WITHOUT_FINDINGS)))
def test_files_with_mistakes_carry_marks(name: str) -> None:
    assert marks(name)


@pytest.mark.parametrize("name", FILES)
def test_every_bracketed_code_is_a_readable_mark(name: str) -> None:
    text = (MODELS / name).read_text(encoding="utf-8")
    assert len(re.findall(r"\[\s*INI", text)) == len(MARK.findall(text))


@pytest.mark.parametrize("name", FILES)
def test_every_file_parses_and_is_described(name: str) -> None:
    ast.parse((MODELS / name).read_text(encoding="utf-8"))
    assert f"`{name}`" in (MODELS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TORCH_FILES)
def test_every_builder_has_an_input(name: str) -> None:
    assert {builder for builder in vars(load(name)) if builder.startswith("build_")} == set(INPUTS[name])


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(("name", "builder"), BUILDERS)
def test_models_run_forward(name: str, builder: str) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    module = load(name)
    shapes = INPUTS[name][builder]
    inputs = [torch.randint(5, shape) if len(shape) == 1 else torch.randn(shape) for shape in shapes]
    output = getattr(module, builder)()(*inputs)
    tensors = list(_tensors(output))
    assert tensors
    assert all(torch.isfinite(tensor).all() for tensor in tensors)


@pytest.mark.parametrize(("name", "broken"), BROKEN)
def test_broken_classes_raise_at_every_marked_statement_and_at_no_other(name: str, broken: str) -> None:
    module = load(name)
    from torch import nn

    marked = {line for line, _ in marks(name) + marks(name, "todo")}
    model = getattr(module, broken).__new__(getattr(module, broken))
    nn.Module.__init__(model)
    namespace = {**vars(module), "self": model, "channels": 8, "width": 8}
    for statement in _constructor(name, broken)[1:]:
        code = compile(ast.Module([statement], []), name, "exec")
        if statement.lineno in marked:
            with pytest.raises((ValueError, AttributeError, TypeError)):
                exec(code, namespace)
        else:
            exec(code, namespace)


def test_broken_function_raises() -> None:
    module = load("init_tour.py")
    from torch import nn

    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        module.break_norms(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm2d(4)))


def _tensors(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in _tensors(item)]
    return [value]


def _constructor(name: str, broken: str) -> list[ast.stmt]:
    tree = ast.parse((MODELS / name).read_text(encoding="utf-8"))
    (found,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == broken)
    (constructor,) = (node for node in found.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    return constructor.body
