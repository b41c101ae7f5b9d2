"""The trace says which law a parameter follows and which line wrote it, and leaves no trace of itself."""

from __future__ import annotations

import copy
import functools
import gc
import io
import math
import random
import threading
from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

import numpy as np  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.init import kaiming_normal_ as bound_earlier  # noqa: E402

from initlint.runtime.evidence import Parameter, Status, Traced  # noqa: E402
from initlint.runtime.swaps import INITIALISERS, LAYERS, TraceRunning  # noqa: E402
from initlint.runtime.trace import trace  # noqa: E402
from initlint.theory.laws import Law, LawKind, constant, normal, truncated_normal, uniform  # noqa: E402

HELD = functools.partial(nn.init.trunc_normal_, std=0.02)
CASES: dict[str, tuple[Callable[[], nn.Module], Law]] = {}


def linear() -> nn.Linear:
    return nn.Linear(64, 64, bias=False)


class Holder(nn.Module):
    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__()
        self.weight = weight if isinstance(weight, nn.Parameter) else nn.Parameter(weight)


def case(law: Law) -> Callable[[Callable[[nn.Linear], object]], Callable[[nn.Linear], object]]:
    """A way to initialise the weight of a linear layer, and the law that it must end with."""

    def add(change: Callable[[nn.Linear], object]) -> Callable[[nn.Linear], object]:
        def build() -> nn.Module:
            layer = linear()
            changed = change(layer)
            return changed if isinstance(changed, nn.Module) else layer

        CASES[change.__name__] = (build, law)
        return change

    return add


def weight(factory: Callable[[], nn.Module], **options: object) -> Parameter:
    traced = trace(factory, **options)
    assert traced.errors == ()
    return traced.parameters[0]


KAIMING = normal(0.0, 2**0.5 / 8)


@case(uniform(-0.125, 0.125))
def default(layer: nn.Linear) -> None:
    pass


@case(KAIMING)
def through_the_module(layer: nn.Linear) -> None:
    nn.init.kaiming_normal_(layer.weight)


@case(KAIMING)
def bound_before_the_trace(layer: nn.Linear) -> None:
    bound_earlier(layer.weight)


@case(truncated_normal(0.0, 0.02, -2.0, 2.0))
def held_by_a_partial(layer: nn.Linear) -> None:
    HELD(layer.weight)


@case(KAIMING)
def by_a_deprecated_name(layer: nn.Linear) -> None:
    with pytest.warns(FutureWarning):
        nn.init.kaiming_normal(layer.weight)


@case(normal(0.0, 0.1))
def by_a_tensor_method(layer: nn.Linear) -> None:
    layer.weight.data.normal_(0, 0.1)


@case(normal(0.0, 0.02))
def by_assigning_data(layer: nn.Linear) -> None:
    layer.weight.data = torch.randn(64, 64) * 0.02


@case(normal(0.25, 0.5))
def by_an_expression(layer: nn.Linear) -> nn.Module:
    return Holder(torch.randn(64, 64) / torch.tensor(2.0) + 0.25)


@case(truncated_normal(0.0, 0.02, -0.04, 0.04))
def by_the_inverse_error_function(layer: nn.Linear) -> None:
    share = (1 + math.erf(2**0.5)) / 2
    with torch.no_grad():
        layer.weight.uniform_(1 - 2 * share, 2 * share - 1).erfinv_().mul_(0.02 * 2**0.5).add_(0.0).clamp_(-0.04, 0.04)


@case(uniform(-0.3, 0.3))
def row_by_row(layer: nn.Linear) -> nn.Module:
    holder = Holder(torch.empty(64, 64))
    for row in holder.weight:
        nn.init.uniform_(row, -0.3, 0.3)
    return holder


@case(KAIMING)
def through_a_transposed_view(layer: nn.Linear) -> None:
    nn.init.kaiming_normal_(layer.weight.T)


@case(normal(0.0, 0.3))
def copied_deeply(layer: nn.Linear) -> nn.Module:
    nn.init.normal_(layer.weight, std=0.3)
    return copy.deepcopy(layer)


@case(constant(1.0))
def loaded(layer: nn.Linear) -> None:
    layer.load_state_dict({"weight": torch.ones(64, 64)})


@case(normal(0.0, 0.5))
def loaded_by_assignment(layer: nn.Linear) -> None:
    layer.load_state_dict({"weight": torch.randn(64, 64) * 0.5}, assign=True)


@case(KAIMING)
def in_another_thread(layer: nn.Linear) -> None:
    thread = threading.Thread(target=lambda: nn.init.kaiming_normal_(layer.weight))
    thread.start()
    thread.join()


@case(uniform(-0.125, 0.125))
def reset_after_meta(layer: nn.Linear) -> nn.Module:
    with torch.device("meta"):
        made = linear()
    made.to_empty(device="cpu").reset_parameters()
    return made


@case(uniform(-0.125, 0.125))
def cast_to_half(layer: nn.Linear) -> nn.Module:
    return layer.half()


@case(normal(0.0, 0.1))
def in_inference_mode(layer: nn.Linear) -> None:
    with torch.inference_mode():
        layer.weight.normal_(0, 0.1)


@case(normal(0.0, 0.1))
def from_a_vector(layer: nn.Linear) -> None:
    nn.utils.vector_to_parameters(torch.randn(64 * 64) * 0.1, layer.parameters())


@case(uniform(-0.125, 0.125))
def after_an_initialiser_that_raised(layer: nn.Linear) -> None:
    with pytest.raises(ValueError, match="Fan in"):
        nn.init.xavier_uniform_(layer.weight[0])


@pytest.mark.parametrize("name", CASES)
def test_law_is_that_of_the_last_word(name: str) -> None:
    factory, law = CASES[name]
    found = weight(factory)
    assert found.law.law.kind is law.kind
    assert found.law.law.parameters == pytest.approx(law.parameters, rel=1e-6)
    assert found.law.chain == ()
    assert found.coverage == 1


@pytest.mark.parametrize("name", CASES)
def test_law_on_the_meta_device_is_the_same(name: str) -> None:
    factory, law = CASES[name]
    if name in ("reset_after_meta", "from_a_vector", "by_an_expression"):
        pytest.skip("needs values, or moves to another device")
    found = weight(factory, device="meta")
    assert found.law.law.parameters == pytest.approx(law.parameters, rel=1e-6)


def test_what_no_law_absorbs_stays_in_the_chain() -> None:
    found = weight(lambda: Holder(torch.exp(torch.rand(2000) * 3 - 5)))
    assert [step.name for step in found.law.chain] == ["exp"]
    moments = found.moments
    assert moments is not None
    assert moments.mean == pytest.approx((2.718281828**-2 - 2.718281828**-5) / 3, rel=1e-3)


def test_data_are_given_and_not_drawn() -> None:
    stored = io.BytesIO()
    torch.save({"weight": torch.randn(64, 64)}, stored)
    stored.seek(0)
    factories = [
        lambda: Holder(torch.from_numpy(np.ones((3, 3)))),
        lambda: Holder(torch.arange(4.0).log1p() + 1),
    ]
    assert [weight(factory).status for factory in factories] == [Status.GIVEN, Status.GIVEN]


def test_unknown_is_said_with_its_reason() -> None:
    found = weight(lambda: Holder(nn.functional.normalize(torch.randn(8, 8), dim=1)))
    assert (found.status, found.law.law.kind, found.law.written) == (Status.UNKNOWN, LawKind.UNKNOWN, True)
    assert found.law.reason


def test_lazy_parameter_has_no_law_yet() -> None:
    assert weight(lambda: nn.LazyLinear(4)).status is Status.LAZY


def test_embedding_has_its_padding_row_as_a_piece() -> None:
    found = weight(lambda: copy.deepcopy(nn.Embedding(5, 3, padding_idx=1)))
    (piece,) = found.pieces
    assert piece.law.value == 0
    assert torch.equal(piece.view.take(found.tensor), found.tensor[1])


def test_elementwise_change_reaches_the_pieces() -> None:
    def factory() -> nn.Module:
        embedding = nn.Embedding(5, 3, padding_idx=1)
        with torch.no_grad():
            embedding.weight[2].fill_(3.0)
            embedding.weight.mul_(0.5)
        return embedding

    found = weight(factory)
    assert str(found.law) == "normal(0, 0.5)"
    assert [piece.law.value for piece in found.pieces] == [0, 1.5]


def test_never_written_memory_holds_nan() -> None:
    found = weight(lambda: Holder(torch.empty(4, 4)))
    assert found.status is Status.NEVER
    assert bool(found.tensor.isnan().all())


def test_layer_whose_initialiser_does_nothing_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nn.init, "kaiming_uniform_", lambda tensor, **options: tensor)
    found = weight(linear)
    assert found.status is Status.NEVER
    assert bool(found.tensor.isnan().all())


def test_layer_of_the_user_that_resets_itself_is_watched() -> None:
    class Mine(nn.Linear):
        def reset_parameters(self) -> None:
            with torch.no_grad():
                self.weight.normal_(0, 0.1).mul_(2)

    found = weight(lambda: Mine(64, 64, bias=False))
    assert (str(found.law), found.write and found.write.call) == ("normal(0, 0.2)", "mul_")


def test_statistics_of_a_layer_are_constants() -> None:
    found = trace(lambda: nn.BatchNorm2d(8), device="meta")
    assert [found[name].law.value for name in ("weight", "bias", "running_mean", "running_var")] == [1, 0, 0, 1]


def test_layers_are_made_by_their_own_constructors_afterwards() -> None:
    before = [layer.__init__ for layer in LAYERS]
    trace(linear)
    assert [layer.__init__ for layer in LAYERS] == before


def test_memory_written_behind_torchs_back_is_not_called_uninitialised() -> None:
    def factory() -> nn.Module:
        holder = Holder(torch.empty(4, 4))
        holder.weight.detach().numpy()[:] = 7
        return holder

    assert weight(factory).status is Status.UNKNOWN


def test_partly_written_share_is_exact() -> None:
    def factory() -> nn.Module:
        holder = Holder(torch.empty(6, 5))
        with torch.no_grad():
            holder.weight[:, ::2].normal_()
            holder.weight[1:3].zero_()
        return holder

    expected = (6 * 3 + 2 * 2) / 30
    assert weight(factory).coverage == pytest.approx(expected)
    assert weight(factory, device="meta").coverage == pytest.approx(expected)


def test_write_knows_call_arguments_and_place() -> None:
    def factory() -> nn.Module:
        layer = linear()
        nn.init.kaiming_normal_(layer.weight, mode="fan_out")
        return layer

    write = weight(factory).write
    assert write is not None
    assert (write.call, write.arguments["mode"], write.default) == ("kaiming_normal_", "fan_out", False)
    assert write.site.path.name == "test_trace.py"
    assert write.site.line == factory.__code__.co_firstlineno + 2
    region = write.site.region
    assert region.end_column - region.column == len("nn.init.kaiming_normal_(layer.weight, mode='fan_out')")


def test_default_init_is_told_from_the_users() -> None:
    assert weight(linear).default
    assert not weight(CASES["through_the_module"][0]).default


def test_tied_parameters_are_one_with_two_names() -> None:
    def factory() -> nn.Module:
        first, second = nn.Embedding(8, 4), nn.Linear(4, 8, bias=False)
        second.weight = first.weight
        return nn.ModuleList([first, second])

    traced = trace(factory)
    assert [each.names for each in traced.parameters] == [("0.weight", "1.weight")]
    assert traced["1.weight"] is traced["0.weight"]


def test_complex_parameters_do_not_break_the_model() -> None:
    traced = trace(lambda: Holder(torch.randn(4, 4, dtype=torch.complex64) * 2))
    assert isinstance(traced, Traced)


def test_drawn_numbers_are_those_without_a_trace() -> None:
    torch.manual_seed(3)
    expected = nn.Transformer(8, 2, 1, 1, 16).state_dict()
    traced = trace(lambda: nn.Transformer(8, 2, 1, 1, 16), seed=3)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in traced.model.state_dict().items())


def state() -> tuple[object, ...]:
    return (
        torch.get_rng_state().tolist(),
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        [getattr(nn.init, name).__code__ for name in INITIALISERS],
        sorted(name for name in vars(nn.init) if "initlint" in name),
        len(nn.modules.module._global_parameter_registration_hooks),
        len(nn.modules.module._global_buffer_registration_hooks),
        gc.get_threshold(),
    )


@pytest.mark.parametrize("fails", [False, True])
def test_global_state_is_as_before(fails: bool) -> None:
    def factory() -> nn.Module:
        torch.set_default_dtype(torch.float64)
        torch.use_deterministic_algorithms(True)
        torch.set_grad_enabled(False)
        random.random()
        np.random.rand()
        gc.set_threshold(1_234)
        layer = linear()
        if fails:
            raise KeyError("the model is broken")
        return layer

    before = state()
    if fails:
        with pytest.raises(KeyError, match="broken"):
            trace(factory)
    else:
        trace(factory)
    assert state() == before


def test_trace_inside_a_trace_is_refused_and_the_outer_one_ends_well() -> None:
    def factory() -> nn.Module:
        with pytest.raises(TraceRunning):
            trace(linear)
        return linear()

    before = state()
    assert weight(factory).resolved
    assert state() == before


def test_what_is_no_module_is_refused() -> None:
    with pytest.raises(TypeError, match="int"):
        trace(lambda: 3)


def test_mistake_in_the_tracer_is_kept_and_never_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str, arguments: object, tensor: object) -> None:
        raise ZeroDivisionError(name)

    monkeypatch.setattr("initlint.runtime.recorder.law_of_call", broken)
    traced = trace(CASES["through_the_module"][0])
    assert any("ZeroDivisionError" in error for error in traced.errors)
    assert isinstance(traced.model, nn.Linear)


def test_sum_of_a_value_and_what_was_computed_of_it_has_a_law() -> None:
    def factory() -> nn.Module:
        steps = torch.exp(torch.rand(4096) * 3 - 5)
        return Holder(steps + torch.log(-torch.expm1(-steps)))

    found = weight(factory)
    moments = found.moments
    assert found.status is Status.DRAWN
    assert moments is not None
    assert moments.mean == pytest.approx(float(found.tensor.detach().mean()), rel=0.05)
    assert moments.std == pytest.approx(float(found.tensor.detach().std()), rel=0.05)
