"""Scales: every way of writing one is read as the same product of dimensions."""

import pytest
from reading import scale

HE = "sqrt(2 / m.in_features)"


@pytest.mark.parametrize(
    "written",
    [
        "math.sqrt(2 / m.in_features)",
        "math.sqrt(2. / m.in_features)",
        "math.sqrt(2.0 / float(m.in_features))",
        "math.sqrt(2) / math.sqrt(m.in_features)",
        "math.sqrt(2) * m.in_features ** -0.5",
        "(2 / m.in_features) ** 0.5",
        "(2. / m.in_features) ** .5",
        "pow(2 / m.in_features, 0.5)",
        "math.pow(2 / m.in_features, 0.5)",
        "(m.in_features / 2) ** -0.5",
        "1 / math.sqrt(m.in_features / 2)",
        "1.0 / (0.5 * m.in_features) ** (1 / 2)",
        "np.sqrt(2 / m.in_features)",
        "np.power(2 / m.in_features, 0.5)",
        "sqrt(2 / m.in_features)",
        "torch.sqrt(torch.tensor(2 / m.in_features))",
        "torch.sqrt(torch.tensor(2 / m.in_features)).item()",
        "torch.tensor(2 / m.in_features).sqrt()",
        "nn.init.calculate_gain('relu') / math.sqrt(m.in_features)",
        "2 * math.sqrt(0.5) / math.sqrt(m.in_features)",
        "-(-math.sqrt(2 / m.in_features))",
    ],
)
def test_every_spelling_of_he_is_one_scale(written: str) -> None:
    imports = "import math, torch\nimport numpy as np\nfrom math import sqrt\nfrom torch import nn\n"
    assert scale(f"{imports}probe({written})") == HE


@pytest.mark.parametrize(
    "lines",
    [
        "n = m.in_features\nprobe(math.sqrt(2 / n))",
        "n = m.in_features\nstd = math.sqrt(2 / n)\nprobe(std)",
        "n = 2\nn = m.in_features\nprobe(math.sqrt(2 / n))",
        "n = 1\nn *= m.in_features\nprobe(math.sqrt(2 / n))",
        "std = 2 / m.in_features\nstd **= 1\nstd = (2 / m.in_features) ** 0.5\nprobe(std)",
        "n, k = m.in_features, 3\nprobe(math.sqrt(2 / n))",
        "dims = (m.in_features, 3)\nprobe(math.sqrt(2 / dims[0]))",
        "if flag:\n    n = m.in_features\nelse:\n    n = 1 * m.in_features\nprobe(math.sqrt(2 / n))",
        "for x in xs:\n    n = m.in_features\n    probe(math.sqrt(2 / n))",
    ],
)
def test_locals_are_followed(lines: str) -> None:
    assert scale(f"import math\n{lines}") == HE


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("m.weight.size(0)", "m.weight.size(0)"),
        ("m.weight.size()[0]", "m.weight.size(0)"),
        ("m.weight.shape[0]", "m.weight.size(0)"),
        ("m.weight.data.size(0)", "m.weight.size(0)"),
        ("m.weight.data.shape[1]", "m.weight.size(1)"),
        ("m.weight.detach().size(1)", "m.weight.size(1)"),
        ("self.weight.size(1)", "self.weight.size(1)"),
        ("m.kernel_size[0] * m.kernel_size[1]", "m.kernel_size[0] * m.kernel_size[1]"),
        ("np.prod(m.kernel_size)", "m.prod(kernel_size)"),
        ("math.prod(m.weight.shape[1:])", "m.weight.fan_in"),
        ("np.prod(m.weight.size()[1:])", "m.weight.fan_in"),
        ("np.prod((2, 3, m.groups))", "6 * m.groups"),
        ("nn.init._calculate_fan_in_and_fan_out(m.weight)[0]", "m.weight.fan_in"),
        ("nn.init._calculate_correct_fan(m.weight, 'fan_out')", "m.weight.fan_out"),
        ("m.weight.numel()", "m.weight.numel()"),
        ("len(xs)", "len(xs)"),
        ("math.pi", "3.1416"),
        ("n", "n"),
        ("config.initializer_range", "config.initializer_range"),
    ],
)
def test_dimensions_are_symbols_of_their_owner(written: str, expected: str) -> None:
    imports = "import math, torch\nimport numpy as np\nfrom torch import nn\n"
    assert scale(f"{imports}probe({written})") == expected


def test_the_two_fans_of_a_weight_are_unpacked() -> None:
    code = """
        from torch import nn
        fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(m.weight)
        probe(2 / (fan_in + fan_out))
    """
    assert scale(code) == "2 / (m.weight.fan_in + m.weight.fan_out)"


def test_a_shape_that_is_unpacked_is_a_dimension() -> None:
    assert scale("rows, columns = m.weight.shape\nprobe(rows)") == "m.weight.size(0)"
    assert scale("rows, columns = m.weight.size()\nprobe(columns)") == "m.weight.size(1)"


def test_the_classic_loop() -> None:
    code = """
        import math
        for m in model.modules():
            n = m.kernel_size[0] * m.kernel_size[1] * m.out_channels
            probe(math.sqrt(2. / n))
    """
    assert scale(code) == "sqrt(2 / (m.kernel_size[0] * m.kernel_size[1] * m.out_channels))"


@pytest.mark.parametrize(
    "code",
    [
        "if flag:\n    n = m.in_features\nelse:\n    n = m.out_features\nprobe(n)",
        "n = None\nprobe(n)",
        "probe('relu')",
        "probe(n % 2)",
        "probe(n if flag else k)",
        "probe(1 / 0)",
        "probe(2 ** n)",
        "probe(make())",
        "probe(xs[i])",
        "probe(weights[i].size(0))",
        "probe(torch.sqrt(x - y))",
        "n = 3\nfor x in xs:\n    probe(n)\n    n *= 2",
    ],
)
def test_what_is_no_product_of_dimensions_is_none(code: str) -> None:
    assert scale(f"import torch\n{code}") is None


def test_one_name_that_means_two_things_is_unreadable() -> None:
    code = """
        first = make()
        a = first * 2
        first = make()
        probe(a / first)
    """
    assert scale(code) is None
