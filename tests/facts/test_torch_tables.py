"""torch's API as data, held against the torch that is installed."""

import inspect
import re

import pytest

from initlint.facts.api.layers import BASES, LAYERS, Layer, LayerKind, layers_containing, layers_named
from initlint.facts.api.torch_init import DEPRECATED, INITIALIZERS, METHODS, OTHER_NAMES, Draw

torch = pytest.importorskip("torch")
nn = torch.nn

SAMPLES = {
    "in_channels": 4, "out_channels": 4, "kernel_size": 3, "num_features": 4, "num_groups": 2, "num_channels": 4,
    "normalized_shape": 4, "input_size": 4, "hidden_size": 4, "in_features": 4, "out_features": 6, "in1_features": 4,
    "in2_features": 3, "num_embeddings": 5, "embedding_dim": 4, "embed_dim": 4, "num_heads": 2,
}  # fmt: skip
"""Constructor arguments that make a small layer of any type that has them."""

BUILT = [
    layer
    for layer in LAYERS.values()
    if layer.kind not in (LayerKind.COMPOSITE, LayerKind.CONTAINER, LayerKind.ACTIVATION)
]


def parameters(layer: Layer) -> list[str]:
    """The constructor's parameters in torch, those of the recurrent base class behind `*args` written out."""
    found = list(inspect.signature(getattr(nn, layer.name).__init__).parameters)[1:]
    return [name for name in found if name not in ("args", "kwargs")]


def build(layer: Layer, **flags: object) -> object:
    given = {name: SAMPLES[name] for name in layer.parameters if name in SAMPLES}
    return getattr(nn, layer.name)(**given | flags)


def is_lazy(layer: Layer) -> bool:
    return layer.name.startswith("Lazy")


@pytest.mark.parametrize("name", INITIALIZERS)
def test_initializer_has_torchs_signature(name: str) -> None:
    known = INITIALIZERS[name]
    tensor, *rest = inspect.signature(getattr(nn.init, name)).parameters.values()
    assert tensor.name == "tensor"
    assert known.parameters == tuple(parameter.name for parameter in rest)
    defaults = {each.name: each.default for each in rest if each.default is not inspect.Parameter.empty}
    assert dict(known.defaults) == defaults


def test_every_function_of_torch_is_in_one_of_the_tables() -> None:
    public = {name for name in dir(nn.init) if not name.startswith("_")}
    assert public - OTHER_NAMES == set(INITIALIZERS) | set(DEPRECATED)


@pytest.mark.parametrize("name", DEPRECATED)
def test_deprecated_name_warns_and_does_the_same(name: str) -> None:
    arguments = {"constant": (0.5,), "sparse": (0.5,)}.get(name, ())
    shape = (4, 4, 3) if name == "dirac" else (4, 4)
    torch.manual_seed(0)
    with pytest.warns(FutureWarning):
        old = getattr(nn.init, name)(torch.empty(shape), *arguments)
    torch.manual_seed(0)
    assert torch.equal(old, getattr(nn.init, DEPRECATED[name])(torch.empty(shape), *arguments))


@pytest.mark.parametrize("initializer", INITIALIZERS.values(), ids=lambda initializer: initializer.name)
def test_needs_a_matrix_or_not(initializer: object) -> None:
    known = INITIALIZERS[initializer.name]
    required = tuple(0.5 for name in known.parameters if name not in known.defaults)
    vector = torch.empty(4)
    if known.needs_matrix or known.draw in (Draw.EYE, Draw.DIRAC, Draw.SPARSE):
        with pytest.raises(ValueError, match=re.compile("dimension")):
            getattr(nn.init, known.name)(vector, *required)
    else:
        getattr(nn.init, known.name)(vector, *required)


@pytest.mark.parametrize("initializer", INITIALIZERS.values(), ids=lambda initializer: initializer.name)
def test_random_functions_use_the_generator_and_the_others_do_not(initializer: object) -> None:
    known = INITIALIZERS[initializer.name]
    required = tuple(0.5 for name in known.parameters if name not in known.defaults)
    tensor = torch.empty((4, 4, 3) if known.draw is Draw.DIRAC else (4, 4))
    torch.manual_seed(0)
    before = torch.get_rng_state()
    getattr(nn.init, known.name)(tensor, *required)
    assert torch.equal(before, torch.get_rng_state()) is not known.random


@pytest.mark.parametrize("name", METHODS)
def test_method_takes_its_parameters_by_name_and_position(name: str) -> None:
    numbers = [0.25, 0.75][: len([each for each in METHODS[name].parameters if each != "generator"])]
    named = dict(zip(METHODS[name].parameters, numbers, strict=False))
    torch.manual_seed(0)
    by_name = getattr(torch.empty(4), name)(**named)
    torch.manual_seed(0)
    assert torch.equal(by_name, getattr(torch.empty(4), name)(*numbers))


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.name)
def test_constructor_parameters_begin_like_torchs(layer: Layer) -> None:
    if layer.kind in (LayerKind.RECURRENT, LayerKind.CONTAINER):
        pytest.skip("constructed with *args")
    found = parameters(layer)
    assert list(layer.parameters) == found[: len(layer.parameters)]


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_positional_parameters_of_recurrent_layers(name: str) -> None:
    layer = LAYERS[name]
    samples = {
        "input_size": 3, "hidden_size": 4, "num_layers": 2, "nonlinearity": "relu", "bias": False, "batch_first": True,
        "dropout": 0.5, "bidirectional": True, "proj_size": 0,
    }  # fmt: skip
    built = getattr(nn, name)(*(samples[each] for each in layer.parameters))
    assert {each: getattr(built, each) for each in layer.parameters} == {
        each: samples[each] for each in layer.parameters
    }


@pytest.mark.parametrize("layer", BUILT, ids=lambda layer: layer.name)
@pytest.mark.parametrize("attribute", ["weight", "bias"])
def test_dims_are_those_of_an_instance(layer: Layer, attribute: str) -> None:
    found = getattr(build(layer, **dict.fromkeys(layer.flags(attribute), True)), attribute, None)
    if not isinstance(found, torch.Tensor):
        assert layer.dims(attribute) is None
    elif is_lazy(layer):
        assert isinstance(found, nn.UninitializedParameter)
        assert layer.dims(attribute) == LAYERS[layer.name.removeprefix("Lazy")].dims(attribute)
    else:
        assert layer.dims(attribute) == found.dim()


@pytest.mark.parametrize("layer", BUILT, ids=lambda layer: layer.name)
@pytest.mark.parametrize("attribute", ["weight", "bias"])
def test_flags_decide_whether_the_attribute_is_none(layer: Layer, attribute: str) -> None:
    flags = layer.flags(attribute)
    if layer.dims(attribute) is None:
        assert not flags
        return
    assert (getattr(build(layer), attribute) is not None) is all(flags.values())
    for flag in flags:
        given = dict.fromkeys(flags, True) | {flag: False}
        assert getattr(build(layer, **given), attribute) is None


@pytest.mark.parametrize(
    "layer",
    [layer for layer in BUILT if layer.kind is LayerKind.CONV and not is_lazy(layer)],
    ids=lambda layer: layer.name,
)
def test_transposed_layers_have_their_inputs_first(layer: Layer) -> None:
    weight = build(layer, in_channels=4, out_channels=6).weight
    assert tuple(weight.shape[:2]) == ((4, 6) if layer.transposed else (6, 4))
    assert layer.spatial == weight.dim() - 2


@pytest.mark.parametrize("base", BASES)
def test_private_base_has_exactly_its_layers(base: str) -> None:
    modules = (nn.modules.batchnorm, nn.modules.instancenorm, nn.modules.conv, nn.modules.rnn)
    class_ = next(getattr(module, base) for module in modules if hasattr(module, base))
    below = {name for name in LAYERS if issubclass(getattr(nn, name), class_) and not name.startswith("Lazy")}
    assert set(BASES[base]) == below
    assert [layer.name for layer in layers_named(f"torch.nn.{base}")] == list(BASES[base])


def test_names_that_are_no_layers() -> None:
    for name in ("torch.nn.Module", "torch.nn.functional.linear", "Linear", "paddle.nn.Linear", "torch.optim.Adam"):
        assert layers_named(name) == ()


def test_class_name_search_finds_what_torch_has() -> None:
    for word in ("Conv", "Linear", "BatchNorm", "Norm", "Embedding"):
        tables = {layer.name for layer in layers_containing(word)}
        assert all(word in name and hasattr(nn, name) for name in tables)
