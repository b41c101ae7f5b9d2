import pytest
from checking import find, messages

HEAD = """\
import random
import time

import pytorch_lightning as pl

SEED = 42


def set_seed(seed):
    random.seed(seed)
    torch.manual_seed(seed)


"""

FUNCTION = (
    HEAD
    + """\
def init_weights(m, seed=0):
    if isinstance(m, nn.Linear):
        {seed}
        nn.init.normal_(m.weight, std=0.02)


nn.Sequential(nn.Linear(2, 2)).apply(init_weights)
"""
)

CLASS = (
    HEAD
    + """\
class Act(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.act = nn.ReLU()


class Inner(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.act = Act(width)
        self.fc = nn.Linear(width, width)


class Net(nn.Module):
    def __init__(self, width, seed=0, flag=False, default=True):
        super().__init__()
        if width < 1:
            raise ValueError
        {seed}
        {built}
"""
)

LAYER = "self.fc = nn.Linear(width, width)"


def again(code: str) -> list[str]:
    return [finding.code for finding in find(code, "INI514")]


def constructed(seed: str, built: str = LAYER) -> list[str]:
    return [finding.code for finding in find(CLASS.format(seed=seed, built=built), "INI515")]


def test_messages_say_what_repeats() -> None:
    (again,) = messages(FUNCTION.format(seed="torch.manual_seed(0)"), "INI514")
    (constructed,) = messages(CLASS.format(seed="torch.manual_seed(0)", built=LAYER), "INI515")
    assert again == (
        "torch.manual_seed(0) starts the generator anew for every module that it is given, so all tensors of one shape "
        "that are initialised behind it get the same values"
    )
    assert constructed == (
        "torch.manual_seed(0) in the constructor of Net: every instance starts with the same weights, and what the "
        "program draws afterwards repeats as well"
    )


@pytest.mark.parametrize(
    "seed",
    [
        "torch.manual_seed(0)",
        "torch.random.manual_seed(0)",
        "torch.manual_seed(SEED)",
        "torch.manual_seed(seed)",
        "set_seed(7)",
        "pl.seed_everything(7)",
        "torch.manual_seed(seed + SEED)",
    ],
)
def test_applied_function_that_seeds(seed: str) -> None:
    assert again(FUNCTION.format(seed=seed)) == ["INI514"]


@pytest.mark.parametrize(
    "seed",
    [
        "torch.manual_seed(m.in_features)",
        "torch.manual_seed(random.randint(0, 9))",
        "torch.manual_seed(int(time.time()))",
        "torch.manual_seed(torch.initial_seed())",
        "seed = m.in_features; torch.manual_seed(seed)",
        "random.seed(0)",
        "torch.seed()",
        "torch.cuda.manual_seed(0)",
        "torch.Generator().manual_seed(0)",
        "if seed is not None: torch.manual_seed(seed)",
        "if SEED: torch.manual_seed(SEED)",
        "pl.utilities.rank_zero_info('seed')",
    ],
)
def test_applied_function_whose_seed_differs_or_is_asked_for(seed: str) -> None:
    assert not again(FUNCTION.format(seed=seed))


@pytest.mark.parametrize(
    "code",
    [
        """\
        def init(m):
            torch.manual_seed(1)
            if type(m) == nn.Conv2d:
                nn.init.xavier_normal_(m.weight)
        """,
        """\
        def init(m):
            torch.manual_seed(1)
            m.reset_parameters()


        nn.Linear(2, 2).apply(init)
        """,
        """\
        def init(net):
            for m in net.modules():
                torch.manual_seed(1)
                nn.init.normal_(m.weight)
        """,
        """\
        def init(net):
            for name, p in net.named_parameters():
                torch.manual_seed(1)
                nn.init.normal_(p)
        """,
        """\
        def init(m):
            torch.manual_seed(1)
            nn.init.normal_(m.weight)


        def init_all(net):
            for m in net.children():
                init(m)
        """,
        """\
        def init(m):
            torch.manual_seed(1)
            nn.init.normal_(m.weight)


        def init_all(net):
            init(net.left)
            init(net.right)
        """,
        """\
        class Layer(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.empty(2, 2))

            def reset_parameters(self):
                torch.manual_seed(1)
                nn.init.normal_(self.weight)
        """,
    ],
)
def test_seed_before_each_layer(code: str) -> None:
    assert again(code) == ["INI514"]


@pytest.mark.parametrize(
    "code",
    [
        """\
        def init(net):
            torch.manual_seed(1)
            for m in net.modules():
                nn.init.normal_(m.weight)
        """,
        """\
        def init(m):
            torch.manual_seed(1)
            nn.init.normal_(m.weight)
        """,
        """\
        def init(m):
            torch.manual_seed(1)
            nn.init.normal_(m.weight)


        def main(net):
            init(net.fc)
        """,
        """\
        def init(m):
            nn.init.normal_(m.weight)
            torch.manual_seed(1)


        nn.Linear(2, 2).apply(init)
        """,
        """\
        def init(m):
            torch.manual_seed(1)
            nn.init.zeros_(m.weight)


        nn.Linear(2, 2).apply(init)
        """,
        """\
        def init(net, seed):
            for m in net.modules():
                seed += 1
                torch.manual_seed(seed)
                nn.init.normal_(m.weight)
        """,
        """\
        def init(layers):
            for seed, m in enumerate(layers):
                torch.manual_seed(seed)
                nn.init.normal_(m.weight)
        """,
        """\
        def init(m):
            with torch.random.fork_rng():
                torch.manual_seed(1)
                nn.init.normal_(m.weight)


        nn.Linear(2, 2).apply(init)
        """,
        """\
        def init(m):
            state = torch.get_rng_state()
            torch.manual_seed(1)
            nn.init.normal_(m.weight)
            torch.set_rng_state(state)


        nn.Linear(2, 2).apply(init)
        """,
        """\
        class Layer(nn.Module):
            def __init__(self, seed):
                super().__init__()
                self.seed = seed
                self.weight = nn.Parameter(torch.empty(2, 2))

            def reset_parameters(self):
                torch.manual_seed(self.seed)
                nn.init.normal_(self.weight)
        """,
        """\
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(2, 2)

            def init_weights(self):
                torch.manual_seed(1)
                nn.init.normal_(self.fc.weight)
        """,
        """\
        def test_init():
            torch.manual_seed(1)
            layer = nn.Linear(2, 2)
            nn.init.normal_(layer.weight)
        """,
    ],
)
def test_seed_that_serves_all_layers_or_is_put_back(code: str) -> None:
    assert not again(code)


@pytest.mark.parametrize(
    "seed",
    [
        "torch.manual_seed(22)",
        "self.seed = torch.manual_seed(seed)",
        "_ = torch.manual_seed(seed)",
        "set_seed(seed)",
        "pl.seed_everything(seed)",
        "torch.manual_seed(SEED)",
    ],
)
def test_constructor_that_seeds(seed: str) -> None:
    assert constructed(seed) == ["INI515"]


@pytest.mark.parametrize(
    "built",
    [
        "self.norm = nn.LayerNorm(width); self.rnn = nn.LSTM(width, width)",
        "self.layers = nn.Sequential(nn.ReLU(), nn.Conv2d(width, width, 3))",
        "self.weight = nn.Parameter(torch.randn(width))",
        "self.weight = nn.Parameter(torch.empty(width)); nn.init.normal_(self.weight)",
        "self.inner = Inner(width)",
    ],
)
def test_constructor_that_draws_weights_behind_a_seed(built: str) -> None:
    assert constructed("torch.manual_seed(22)", built) == ["INI515"]


@pytest.mark.parametrize(
    "seed",
    [
        "if flag: torch.manual_seed(22)",
        "if default: torch.manual_seed(22)",
        "if seed is not None: torch.manual_seed(seed)",
        "torch.cuda.manual_seed(22)",
        "random.seed(22)",
        "self.generator = torch.Generator().manual_seed(22)",
        "torch.manual_seed(22); self.split = torch.utils.data.random_split(width, [1, 1])",
        "torch.manual_seed(22); self.order = torch.randperm(width)",
        "torch.manual_seed(22); self.register_buffer('noise', torch.randn(width))",
    ],
)
def test_constructor_that_is_asked_to_seed_or_seeds_something_else(seed: str) -> None:
    assert not constructed(seed)


@pytest.mark.parametrize(
    "built",
    [
        "self.width = width",
        "self.norm = nn.LayerNorm(width)",
        "self.weight = nn.Parameter(torch.zeros(width))",
        "self.act = Act(width)",
    ],
)
def test_constructor_that_draws_nothing_behind_a_seed(built: str) -> None:
    assert not constructed("torch.manual_seed(22)", built)


@pytest.mark.parametrize("base", ["Dataset", "object", "Base", "torch.utils.data.Dataset", "unittest.TestCase"])
def test_class_that_is_no_module_for_certain(base: str) -> None:
    code = CLASS.format(seed="torch.manual_seed(22)", built=LAYER).replace("nn.Module", base)
    assert not find(code, "INI515")


def test_one_seed_is_one_mistake() -> None:
    code = """\
        class Layer(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.empty(2, 2))
                self.reset_parameters()

            def reset_parameters(self):
                torch.manual_seed(1)
                nn.init.normal_(self.weight)
        """
    assert [finding.code for finding in find(code, "INI514", "INI515")] == ["INI514"]
