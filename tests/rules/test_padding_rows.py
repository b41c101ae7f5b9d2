import pytest
from checking import find, fix, messages

MODEL = """\
class Model(nn.Module):
    def __init__(self, words, width{arguments}):
        super().__init__()
        self.words = {table}
        {init}
"""

TABLE = "nn.Embedding(words, width, padding_idx=0)"
NORMAL = "nn.init.normal_(self.words.weight, std=0.1)"


def model(init: str = NORMAL, table: str = TABLE, arguments: str = "") -> str:
    return MODEL.format(table=table, init=init.replace("\n", "\n        "), arguments=arguments)


def test_message_gives_the_length_of_the_row() -> None:
    (message,) = messages(model(table="nn.Embedding(1000, 256, padding_idx=0)"), "INI802")
    assert message == (
        "normal_ draws row padding_idx=0 like the others: nn.Embedding made it 0 and gives it no gradient, so it stays "
        "random, of length 1.6"
    )


@pytest.mark.parametrize(
    ("init", "length"),
    [
        ("nn.init.uniform_(self.words.weight, -0.1, 0.1)", "0.924"),
        ("nn.init.xavier_normal_(self.words.weight)", "0.638"),
        ("nn.init.kaiming_uniform_(self.words.weight)", "1.41"),
        ("nn.init.uniform_(self.words.weight)", "9.24"),
    ],
)
def test_length_for_other_laws(init: str, length: str) -> None:
    (message,) = messages(model(init, "nn.Embedding(1000, 256, padding_idx=0)"), "INI802")
    assert message.endswith(f"of length {length}")


@pytest.mark.parametrize(
    "table",
    [
        "nn.Embedding(words, width, 0)",
        "nn.Embedding(words, width, padding_idx=-1)",
        "nn.Embedding(num_embeddings=words, embedding_dim=width, padding_idx=words - 1)",
        "torch.nn.Embedding(words, width, padding_idx=0, scale_grad_by_freq=True)",
        "nn.Embedding(words, width, padding_idx=config.pad_token_id)",
        "nn.Embedding(words, width, padding_idx=0).to(device)",
    ],
)
def test_every_way_to_give_a_row(table: str) -> None:
    assert len(find(model(table=table), "INI802")) == 1


@pytest.mark.parametrize(
    "table",
    [
        "nn.Embedding(words, width)",
        "nn.Embedding(words, width, None)",
        "nn.Embedding(words, width, padding_idx=None)",
        "nn.Embedding(words, width, **options)",
        "nn.EmbeddingBag(words, width, padding_idx=0)",
        "nn.Linear(words, width)",
        "Embedding(words, width, padding_idx=0)",
        "nn.Embedding.from_pretrained(vectors, padding_idx=0)",
    ],
)
def test_no_row_or_none_that_is_known(table: str) -> None:
    assert not find(model(table=table), "INI802")


@pytest.mark.parametrize(
    "behind",
    [
        "self.words.weight.data[0] = 0",
        "self.words.weight.data[0].zero_()",
        "self.words.weight.data[self.words.padding_idx].fill_(0)",
        "nn.init.zeros_(self.words.weight[0])",
        "nn.init.constant_(self.words.weight.data[0, :], 0)",
        "with torch.no_grad():\n    self.words.weight[0].fill_(0)",
        "self.words.weight.data[0] *= 0",
        "self.words._fill_padding_idx_with_zero()",
        "self.words.reset_parameters()",
        "zero_row(self.words)",
        "zero_row(self.words.weight, 0)",
        "self.post_init()",
        "self.init_weights()",
        "self._reset_parameters(words)",
        "self.words.weight.data.copy_(vectors)",
        "self.words.weight = nn.Parameter(vectors)",
        "self.words.weight.data = vectors",
        "nn.init.zeros_(self.words.weight)",
    ],
)
def test_row_that_something_may_set_is_silent(behind: str) -> None:
    assert not find(model(f"{NORMAL}\n{behind}"), "INI802")


@pytest.mark.parametrize(
    "behind",
    [
        "self.words.weight.requires_grad = False",
        "self.register_buffer('mask', torch.ones(3))",
        "self.init_speakers(config)",
        "self.out = nn.Linear(width, words)\nself.out.weight = self.words.weight",
        "self.layers = nn.ModuleList([self.words])",
        "self.encoder = Encoder(self.words)",
        "self.other = nn.Embedding(words, width)\nself.other.weight.data[0] = 0",
    ],
)
def test_what_leaves_the_row_alone(behind: str) -> None:
    assert len(find(model(f"{NORMAL}\n{behind}"), "INI802")) == 1


@pytest.mark.parametrize(
    "init",
    [
        "nn.init.constant_(self.words.weight, 1)",
        "nn.init.zeros_(self.words.weight)",
        "self.words.weight.data.copy_(vectors)",
        "nn.init.normal_(self.words.weight[1:])",
        "self.words.weight.data[1:].normal_()",
        "self.words.weight.data.mul_(0.1)",
    ],
)
def test_what_does_not_draw_the_whole_table_is_silent(init: str) -> None:
    assert not find(model(init), "INI802")


def test_copy_in_the_other_branch_does_not_keep_the_row() -> None:
    init = (
        "if vectors is None:\n    nn.init.normal_(self.words.weight)\nelse:\n    self.words.weight.data.copy_(vectors)"
    )
    assert len(find(model(init, arguments=", vectors=None"), "INI802")) == 1


def test_branch_without_row_silences_an_init_under_a_test() -> None:
    plain = "nn.Embedding(words, width)"
    branches = f"if padded:\n    table = {TABLE}\nelse:\n    table = {plain}\n"
    either = f"table = {TABLE} if padded else {plain}\n"
    for built in (branches, either):
        found = model(f"{built}nn.init.normal_(table.weight)", arguments=", padded=False")
        assert len(find(found, "INI802")) == 1
        assert "        if table.padding_idx is not None:\n" in fix(found, "INI802")
        guarded = f"{built}if not padded:\n    nn.init.normal_(table.weight)"
        assert not find(model(guarded, arguments=", padded=False"), "INI802")


def test_loop_over_parameters_is_found_but_not_rewritten() -> None:
    loop = "for p in self.parameters():\n    if p.dim() > 1:\n        nn.init.xavier_uniform_(p)"
    assert len(find(model(loop), "INI802")) == 1
    assert fix(model(loop), "INI802") == model(loop)
    kept = f"{loop}\nself.words.weight.data[0] = 0"
    assert not find(model(kept), "INI802")
    assert not find(model(loop.replace("p.dim() > 1", "p.dim() == 1")), "INI802")


def test_fix_asks_where_the_row_is_no_literal() -> None:
    table = "nn.Embedding(words, width, padding_idx=pad)"
    fixed = fix(model(table=table, arguments=", pad"), "INI802")
    added = "if self.words.padding_idx is not None:\n    nn.init.zeros_(self.words.weight[self.words.padding_idx])"
    assert fixed == model(f"{NORMAL}\n{added}", table, ", pad")


def test_assigned_call_is_not_rewritten() -> None:
    code = "table = nn.Embedding(3, 2, padding_idx=0)\nweight = nn.init.normal_(table.weight)\n"
    assert len(find(code, "INI802")) == 1
    assert fix(code, "INI802") == code


HELPER = """\
def build(count, width, {parameter}):
    table = nn.Embedding(count, width, padding_idx=padding_idx)
    {before}
    {zero}
    return table
"""


def helper(parameter: str = "padding_idx=None", zero: str = "table.weight.data[padding_idx].zero_()") -> str:
    return HELPER.format(parameter=parameter, before="nn.init.normal_(table.weight)", zero=zero)


def test_message_of_an_index_that_may_be_none() -> None:
    (message,) = messages(helper(), "INI803")
    assert message == (
        "where padding_idx is None, table.weight.data[padding_idx] is the whole table and not one row: every embedding "
        "becomes 0"
    )


@pytest.mark.parametrize(
    "parameter",
    [
        "padding_idx=None",
        "padding_idx: int = None",
        "padding_idx: Optional[int]",
        "padding_idx: 'Optional[int]'",
        "padding_idx: int | None",
        "padding_idx: Union[int, None]",
        "padding_idx: typing.Optional[int] = 0",
        "*, padding_idx=None",
    ],
)
def test_every_way_to_say_that_an_index_may_be_none(parameter: str) -> None:
    assert len(find(helper(parameter), "INI803")) == 1


@pytest.mark.parametrize("parameter", ["padding_idx", "padding_idx=0", "padding_idx: int", "padding_idx: int = 1"])
def test_index_that_nothing_lets_be_none(parameter: str) -> None:
    assert not find(helper(parameter), "INI803")


@pytest.mark.parametrize(
    "zero",
    [
        "nn.init.zeros_(table.weight[padding_idx])",
        "nn.init.constant_(table.weight[padding_idx], 0.0)",
        "nn.init.constant_(table.weight.data[padding_idx], val=0)",
        "table.weight.data[padding_idx].fill_(0)",
        "table.weight.detach()[padding_idx].zero_()",
        "table.weight.data[padding_idx] = 0",
        "table.weight.data[padding_idx, :] = 0.0",
        "table.weight.data[padding_idx] = torch.zeros(width)",
        "nn.init.zeros_(table.weight[table.padding_idx])",
    ],
)
def test_every_way_to_zero_a_row(zero: str) -> None:
    assert len(find(helper(zero=zero), "INI803")) == 1


@pytest.mark.parametrize(
    "zero",
    [
        "nn.init.zeros_(table.weight[0])",
        "nn.init.normal_(table.weight[padding_idx])",
        "nn.init.ones_(table.weight[padding_idx])",
        "nn.init.zeros_(table.weight[padding_idx:])",
        "nn.init.zeros_(table.weight[1, padding_idx])",
        "mask[padding_idx] = 0",
        "table.weight.data[padding_idx] = vectors[padding_idx]",
        "if padding_idx is not None: nn.init.zeros_(table.weight[padding_idx])",
        "if padding_idx: table.weight.data[padding_idx].zero_()",
        "assert padding_idx is not None; table.weight.data[padding_idx].zero_()",
        "row = 0 if padding_idx is None else padding_idx; table.weight.data[row].zero_()",
        "padding_idx = find_row(padding_idx); table.weight.data[padding_idx].zero_()",
    ],
)
def test_other_writes_and_tested_indices_are_silent(zero: str) -> None:
    assert not find(helper(zero=zero), "INI803")


OWN = """\
class Table(nn.Embedding):
    def __init__(self, count, width, {parameter}):
        super().__init__(count, width, padding_idx)

    def reset_parameters(self):
        {zero}
"""


def test_class_of_an_embedding_inherits_the_row() -> None:
    zero = "self.weight.data[self.padding_idx].zero_()"
    assert len(find(OWN.format(parameter="padding_idx=None", zero=zero), "INI803")) == 1
    assert not find(OWN.format(parameter="padding_idx=0", zero=zero), "INI803")
    guarded = f"if self.padding_idx is not None: {zero}"
    assert not find(OWN.format(parameter="padding_idx=None", zero=guarded), "INI803")


def test_attribute_is_tested_on_the_way() -> None:
    code = """\
    class Words(nn.Module):
        def __init__(self, count, width, row=None):
            super().__init__()
            self.row = row
            self.words = nn.Embedding(count, width, padding_idx=row)
            {call}

        def zero(self):
            {zero}

        def forward(self, x):
            return x if self.row is None else x.ne(self.row)
    """
    zero = "self.words.weight.data[self.row].zero_()"
    assert len(find(code.format(call="self.zero()", zero=zero), "INI803")) == 1
    assert not find(code.format(call="if row is not None: self.zero()", zero=zero), "INI803")
    assert not find(code.format(call="if self.row is not None: self.zero()", zero=zero), "INI803")
    assert not find(code.format(call="self.zero()", zero=f"if self.row is not None: {zero}"), "INI803")


def test_weights_of_classes_are_no_embedding() -> None:
    code = """\
    class Loss(nn.Module):
        def __init__(self, classes, ignored=None):
            super().__init__()
            self.weight = torch.ones(classes)
            self.weight[ignored] = 0
    """
    assert not find(code, "INI803")


def test_fix_needs_a_line_of_its_own() -> None:
    code = helper(zero="width += 1; table.weight.data[padding_idx].zero_()")
    assert len(find(code, "INI803")) == 1
    assert fix(code, "INI803") == code


APPLIED = """\
class Base(nn.Module):
    def init_weights(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            module.weight.data.normal_(0, 0.02)
            {behind}


class Embeddings(nn.Module):
    def __init__(self, words, width, padding):
        super().__init__()
        self.words = nn.Embedding(words, width, padding_idx={row})


class Model(Base):
    def __init__(self, words, width, padding):
        super().__init__()
        self.embeddings = Embeddings(words, width, padding)
        self.apply(self.init_weights)
"""


def test_function_of_a_base_class_serves_what_derived_classes_build() -> None:
    found = find(APPLIED.format(behind="", row="padding"), "INI808")
    assert [finding.region.line for finding in found] == [10]
    assert "padding_idx=padding keeps no zero row" in found[0].message


@pytest.mark.parametrize(
    ("behind", "row"),
    [
        ("if getattr(module, 'padding_idx', None) is not None: module.weight.data[module.padding_idx].zero_()", "0"),
        ("module.weight.data[0].zero_()", "0"),
        ("module.weight.data.mul_(0.5)", "0"),
        ("", "None"),
    ],
)
def test_function_that_speaks_of_the_row_or_meets_none(behind: str, row: str) -> None:
    assert not find(APPLIED.format(behind=behind, row=row), "INI808")


@pytest.mark.parametrize(
    "use",
    [
        "self.apply(init)",
        "self.apply(functools.partial(init, std=0.1))",
        "init_model(self)",
        "for m in self.modules():\n    init(m)",
    ],
)
def test_function_serves_the_classes_that_use_it(use: str) -> None:
    function = (
        "def init(m, std=0.02):\n    if isinstance(m, nn.Embedding):\n        nn.init.normal_(m.weight, std=std)\n\n\n"
    )
    loop = "def init_model(model):\n    for m in model.modules():\n        init(m)\n\n\n"
    found = find(f"import functools\n{function}{loop}{model(use)}", "INI808")
    assert len(found) == (0 if use == "init_model(self)" else 1)


def test_function_that_no_class_uses_serves_none() -> None:
    function = "def init(m):\n    if isinstance(m, nn.Embedding):\n        nn.init.normal_(m.weight)\n\n\n"
    assert not find(function + model("pass"), "INI808")
    assert len(find(f"{function}{model('pass')}\nModel(2, 2).apply(init)", "INI808")) == 1
