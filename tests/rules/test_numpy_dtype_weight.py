import pytest
from checking import find, messages

LAYER = "layer = nn.Linear(4, 4)\n"


def put(value: str) -> str:
    return f"import numpy as np\n\n{LAYER}layer.weight.data = {value}\n"


def test_message_names_the_draw() -> None:
    (message,) = messages(put("torch.from_numpy(np.random.randn(4, 4))"), "INI806")
    assert message == (
        "np.random.randn draws float64 and nothing converts it: the weight is float64, and its first product with a "
        "float32 input raises RuntimeError"
    )


@pytest.mark.parametrize(
    "value",
    [
        "torch.from_numpy(np.random.normal(0, 1, (4, 4)))",
        "torch.from_numpy(np.random.normal(size=(4, 4)))",
        "torch.from_numpy(np.random.uniform(-1, 1, size=(4, 4)))",
        "torch.from_numpy(np.random.rand(4, 4) - 0.5)",
        "torch.from_numpy(2 * np.random.random_sample((4, 4)) / np.sqrt(4))",
        "torch.from_numpy(np.random.standard_normal((4, 4)).T)",
        "torch.from_numpy(np.random.randn(16).reshape(4, 4))",
        "torch.from_numpy(np.asarray(np.random.randn(4, 4)))",
        "torch.tensor(np.random.randn(4, 4))",
        "torch.as_tensor(np.random.randn(4, 4), device='cpu')",
        "torch.from_numpy(np.random.randn(4, 4)).cuda()",
        "torch.from_numpy(np.random.randn(4, 4)).t().contiguous()",
    ],
)
def test_draws_that_stay_float64(value: str) -> None:
    assert len(find(put(value), "INI806")) == 1
    assert len(find(f"import numpy as np\n\nweight = nn.Parameter({value})\n", "INI806")) == 1


@pytest.mark.parametrize(
    "value",
    [
        "torch.from_numpy(np.random.randn(4, 4)).float()",
        "torch.from_numpy(np.random.randn(4, 4)).half()",
        "torch.from_numpy(np.random.randn(4, 4)).to(torch.float32)",
        "torch.from_numpy(np.random.randn(4, 4)).type_as(layer.weight)",
        "torch.from_numpy(np.random.randn(4, 4).astype(np.float32))",
        "torch.from_numpy(np.float32(np.random.randn(4, 4)))",
        "torch.tensor(np.random.randn(4, 4), dtype=torch.float32)",
        "torch.tensor(np.random.randn(4, 4), torch.float32)",
        "torch.Tensor(np.random.randn(4, 4))",
        "torch.FloatTensor(np.random.randn(4, 4))",
        "torch.tensor(np.random.randn())",
        "torch.tensor(np.random.normal(0, 1))",
        "torch.tensor(np.random.uniform(-1, 1))",
        "torch.from_numpy(np.random.randint(4, size=(4, 4)))",
        "torch.from_numpy(np.random.permutation(4))",
        "torch.from_numpy(values)",
        "torch.from_numpy(generator.normal(size=(4, 4)))",
        "torch.randn(4, 4)",
    ],
)
def test_other_values_are_silent(value: str) -> None:
    assert not find(put(value), "INI806")


@pytest.mark.parametrize(
    "statement",
    [
        "layer.weight.data.copy_(torch.from_numpy(np.random.randn(4, 4)))",
        "x = torch.from_numpy(np.random.randn(4, 4))",
        "self.noise = torch.from_numpy(np.random.randn(4, 4))",
        "x.data = torch.from_numpy(np.random.randn(4, 4))",
        "layer.weight.grad = torch.from_numpy(np.random.randn(4, 4))",
    ],
)
def test_what_is_no_weight_is_silent(statement: str) -> None:
    assert not find(f"import numpy as np\n\n{LAYER}nn.Parameter(torch.ones(2))\n{statement}\n", "INI806")


@pytest.mark.parametrize(
    "statement", ["torch.set_default_dtype(torch.float64)", "layer.double()", "x = torch.ones(2, dtype=torch.float64)"]
)
def test_file_that_means_float64(statement: str) -> None:
    assert not find(put("torch.from_numpy(np.random.randn(4, 4))") + statement, "INI806")


def test_value_of_a_local_that_is_bound_once() -> None:
    code = "import numpy as np\n\n{}w = nn.Parameter(torch.from_numpy(values))\n"
    assert len(find(code.format("values = np.random.randn(4)\n"), "INI806")) == 1
    assert not find(code.format("values = np.random.randn(4)\nvalues = load()\n"), "INI806")
