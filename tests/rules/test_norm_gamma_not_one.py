import pytest
from checking import find, fix, messages

INIT = """\
def init_weights(m, std=0.02):
    if {test}:
        {init}
"""


def code(init: str, test: str = "isinstance(m, nn.BatchNorm2d)") -> str:
    return INIT.format(test=test, init=init)


def test_message_says_what_becomes_of_the_channels() -> None:
    (message,) = messages(code("nn.init.normal_(m.weight, 0, 0.02)"), "INI801")
    assert message == (
        "m.weight scales what is normalised and starts at 1; normal_ draws it with mean 0 and std 0.02: half of the "
        "channels change their sign, and the mean size of the factor is 0.016 instead of 1"
    )


def test_message_without_numbers_where_std_is_open() -> None:
    (message,) = messages(code("nn.init.normal_(m.weight, 0, std)"), "INI801")
    assert message.endswith("draws it with mean 0: half of the channels change their sign")


def test_mean_size_of_a_uniform_factor_is_half_of_its_bound() -> None:
    (message,) = messages(code("nn.init.uniform_(m.weight, -1, 1)"), "INI801")
    assert "and the mean size of the factor is 0.5" in message


@pytest.mark.parametrize(
    "test",
    [
        "isinstance(m, nn.LayerNorm)",
        "isinstance(m, (nn.BatchNorm1d, nn.GroupNorm))",
        "isinstance(m, nn.BatchNorm1d) or isinstance(m, nn.InstanceNorm1d)",
        "isinstance(m, nn.modules.batchnorm._BatchNorm)",
        "type(m) == nn.SyncBatchNorm",
        "m.__class__.__name__.find('BatchNorm') != -1",
        "'Norm' in type(m).__name__",
        "isinstance(m, nn.BatchNorm2d) and m.affine",
    ],
)
def test_every_test_that_lets_only_norms_through(test: str) -> None:
    assert len(find(code("nn.init.normal_(m.weight, std=std)", test), "INI801")) == 1


@pytest.mark.parametrize(
    "test",
    [
        "isinstance(m, (nn.Linear, nn.LayerNorm))",
        "isinstance(m, norm_layer)",
        "hasattr(m, 'weight')",
        "not isinstance(m, nn.BatchNorm2d)",
        "isinstance(m, nn.Embedding)",
        "m.__class__.__name__.find('Conv') != -1",
    ],
)
def test_tests_that_let_others_through_are_silent(test: str) -> None:
    assert not find(code("nn.init.normal_(m.weight, std=std)", test), "INI801")


@pytest.mark.parametrize(
    "init",
    [
        "nn.init.normal_(m.weight, 1.0, 0.02)",
        "nn.init.normal_(m.weight, mean=1, std=std)",
        "nn.init.normal_(m.weight, mean, std)",
        "nn.init.normal_(m.weight, 0, 0)",
        "nn.init.normal_(m.weight, 1e-2, 0.02)",
        "nn.init.normal_(m.bias, 0, 0.02)",
        "nn.init.uniform_(m.weight)",
        "nn.init.uniform_(m.weight, 0, 0.02)",
        "nn.init.uniform_(m.weight, 0.9, 1.1)",
        "nn.init.uniform_(m.weight, -0.1, 0.2)",
        "nn.init.constant_(m.weight, 0)",
        "nn.init.zeros_(m.weight)",
        "m.weight.data.fill_(0)",
        "m.weight.data.normal_(1.0, 0.02)",
        "m.weight.data.mul_(0)",
        "m.running_mean.data.normal_()",
    ],
)
def test_other_laws_of_a_norm_are_silent(init: str) -> None:
    assert not find(code(init), "INI801")


@pytest.mark.parametrize(
    "behind",
    [
        "m.weight.data.add_(1)",
        "m.weight.data += 1",
        "m.weight.data = m.weight.data + 1",
        "nn.init.ones_(m.weight)",
        "shift(m.weight)",
        "m.weight[0] = 1",
    ],
)
def test_weight_that_is_written_again_is_silent(behind: str) -> None:
    assert not find(code(f"nn.init.normal_(m.weight, std=std)\n        {behind}"), "INI801")


def test_write_in_another_branch_or_of_another_type_does_not_count() -> None:
    branches = """\
    def init_weights(m, std):
        if isinstance(m, nn.BatchNorm2d):
            nn.init.normal_(m.weight, 0, std)
        elif isinstance(m, nn.LayerNorm):
            nn.init.ones_(m.weight)
        if isinstance(m, nn.GroupNorm):
            nn.init.ones_(m.weight)
    """
    assert len(find(branches, "INI801")) == 1


def test_class_of_the_file_with_a_weight_of_its_own_may_add_1() -> None:
    own = (
        "class OwnBatchNorm(nn.Module):\n    def __init__(self):\n        self.weight = nn.Parameter(torch.ones(2))\n\n"
    )
    named = code("nn.init.normal_(m.weight, std=std)", "'BatchNorm' in m.__class__.__name__")
    assert not find(own + named, "INI801")
    assert len(find(own + code("nn.init.normal_(m.weight, std=std)"), "INI801")) == 1


@pytest.mark.parametrize("module", ["mmengine.utils.dl_utils.parrots_wrapper", "mmcv.utils.parrots_wrapper"])
def test_batch_norm_that_openmmlab_hands_on_is_torchs(module: str) -> None:
    init = code("nn.init.normal_(m.weight.data)", "isinstance(m, _BatchNorm)")
    assert len(find(f"from {module} import _BatchNorm\n\n\n{init}", "INI801")) == 1
    assert not find(f"from {module} import _MaxPoolNd as _BatchNorm\n\n\n{init}", "INI801")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("nn.init.normal_(m.weight, 0, 0.02)", "nn.init.normal_(m.weight, 1.0, 0.02)"),
        ("nn.init.normal_(m.weight, mean=0.0, std=std)", "nn.init.normal_(m.weight, mean=1.0, std=std)"),
        ("nn.init.normal_(m.weight, std=0.02)", "nn.init.normal_(m.weight, std=0.02, mean=1.0)"),
        ("m.weight.data.normal_(0, 0.02)", "m.weight.data.normal_(1.0, 0.02)"),
        ("nn.init.normal_(m.weight)", "nn.init.ones_(m.weight)"),
        ("nn.init.normal_(m.weight, 0, 1)", "nn.init.ones_(m.weight)"),
        ("m.weight.data.normal_()", "nn.init.ones_(m.weight)"),
        ("nn.init.uniform_(m.weight, -0.1, 0.1)", "nn.init.ones_(m.weight)"),
    ],
)
def test_fix(before: str, after: str) -> None:
    assert fix(code(before), "INI801") == code(after)
