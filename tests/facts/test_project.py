from __future__ import annotations

from itertools import permutations
from textwrap import dedent

import pytest

from initlint.facts.project import ClassSketch, Elsewhere, Loop, Project, ScopeSketch, Sketch

HEADER = "import torch\nfrom torch import nn\n\n\n"


def sketch(code: str) -> Sketch:
    return Sketch.of(HEADER + dedent(code))


def seen(**files: str) -> Elsewhere:
    """What the other files say, seen from `own`."""
    return Project([(f"{name}.py", sketch(code)) for name, code in files.items()]).elsewhere("own.py")


def only_class(code: str) -> ClassSketch:
    (found,) = sketch(code).classes
    return found


def scope(code: str, name: str) -> ScopeSketch:
    found = sketch(code)
    (one,) = (each for each in (*found.classes, *found.scopes) if each.name == name)
    return one


@pytest.mark.parametrize(
    "statement",
    [
        "m.level.normal_(0, 1)",
        "m.level.data.zero_()",
        "m.level.detach().fill_(1)",
        "m.level[0].zero_()",
        "m.level = torch.zeros(3)",
        "m.level.data = values",
        "m.level.data[0] = 1",
        "m.level *= 0.1",
        "nn.init.normal_(m.level)",
        "nn.init.normal_(tensor=m.level, std=0.1)",
        "nn.init.normal_(m.level.data[0])",
        "nn.init.normal_(\n            m.level,\n            0.1,\n        )",
        "glorot(m.level)",
        "uniform(size, m.level)",
        "self.reset_tensor(m.level)",
        "for p in [m.other, m.level]:\n            p.data.zero_()",
        "nn.init.zeros_(getattr(m, 'level'))",
        "setattr(m, 'level', values)",
    ],
)
def test_what_may_write_an_attribute(statement: str) -> None:
    code = f"def init(self, m, values, size):\n        {statement}\n"
    assert seen(own="", other=code).writes("level")


@pytest.mark.parametrize(
    "statement",
    [
        "y = x @ m.level",
        "y = F.linear(x, m.level)",
        "y = x + m.level.unsqueeze(0)",
        "assert m.level == 3",
        "n = m.level.size(0)",
        "m.level.requires_grad_(False)",
        "m.level.append(3)",
        "print(m.level)",
        "return m.level",
        "m.levels.zero_()",
        "level.zero_()",
        "self.level.zero_()",
    ],
)
def test_what_does_not_write_an_attribute_of_another_object(statement: str) -> None:
    code = f"class A(nn.Module):\n    def use(self, m, x):\n        {statement}\n"
    assert not seen(own="", other=code).writes("level")


def test_own_writes_are_not_those_of_others() -> None:
    code = "def init(m):\n    m.level.zero_()\n"
    assert not seen(own=code, other="").writes("level")
    assert seen(own=code, other=code).writes("level")


def test_writes_to_self_belong_to_their_class() -> None:
    first, second = sketch(
        """\
        class A(nn.Module):
            def reset(self):
                self.x.data.zero_()

                class Inner:
                    pass

                nn.init.zeros_(self.y)


        def function(self):
            self.z.zero_()


        class B(nn.Module):
            pass
        """
    ).classes[::2]
    assert (first.name, second.name) == ("A", "B")
    assert first.written == {"x", "y"}
    assert not second.written


def test_class_in_a_docstring_takes_nothing_from_the_class_around() -> None:
    found = {each.name: each for each in sketch(DOCUMENTED).classes}
    assert found["Real"].methods == {"reset"}
    assert found["Real"].written == {"weight"}


DOCUMENTED = '''\
class Real(nn.Module):
    """Use it.

        class Example(Real):
            pass
    """

    def reset(self):
        self.weight.data.zero_()
'''


def test_members_of_a_class() -> None:
    found = only_class(
        """\
        class Net(
            Base,
            mixins.Mixin[int],
            metaclass=Meta,
        ):
            def __init__(self):
                self.a = nn.Linear(2, 2)
                self.b: nn.Module = nn.Linear(2, 2)
                self.register_buffer("c", None)
                self.add_module('d', None)
                if self.e == 1:
                    pass

            async def run(self):
                pass
        """
    )
    assert found.bases == ("Base", "mixins.Mixin")
    assert found.attributes == {"a", "b", "c", "d"}
    assert found.methods == {"__init__", "run"}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_newlines_do_not_matter(newline: str) -> None:
    code = HEADER + "class A(nn.Module):\n    def f(self):\n        self.x = 1\n        nn.init.zeros_(self.y)\n"
    found = Sketch.of(code.replace("\n", newline))
    assert found == Sketch.of(code)
    assert found.classes[0].written == {"x", "y"}


LOOP = """\
class Net(nn.Module):
    def reset(self, model):
        for {head}:
            {body}
"""


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("p in self.parameters()", "p.data.zero_()"),
        ("p in self.parameters()", "nn.init.normal_(p)"),
        ("name, p in self.named_parameters()", "if 'bias' in name:\n                p.data = values"),
        ("p in super().parameters()", "nn.init.normal_(p.data)"),
        ("p in self.parameters()", "p *= 0.1"),
    ],
)
def test_loop_over_the_own_parameters(head: str, body: str) -> None:
    found = only_class(LOOP.format(head=head, body=body))
    assert (found.loops, found.loop) == (True, Loop.NONE)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("p in model.parameters()", "p.data.zero_()"),
        ("name, p in self.lstm.named_parameters()", "nn.init.orthogonal_(p)"),
    ],
)
def test_loop_over_the_parameters_of_another_object(head: str, body: str) -> None:
    found = only_class(LOOP.format(head=head, body=body))
    assert (found.loops, found.loop) == (False, Loop.ALL)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("p in self.parameters()", "p.requires_grad = False"),
        ("p in self.parameters()", "p.requires_grad_(False)"),
        ("p in self.parameters()", "total += p.numel()"),
        ("p in self.parameters()", "decay.append(p)"),
        ("p in self.parameters()", "print(p)"),
        ("p in self.parameters()", "p.grad.zero_()"),
        ("p in self.children()", "nn.init.zeros_(p.weight)"),
    ],
)
def test_loop_that_writes_no_parameter(head: str, body: str) -> None:
    found = only_class(LOOP.format(head=head, body=body))
    assert (found.loops, found.loop) == (False, Loop.NONE)


def test_loop_over_children_reaches_only_their_parameters() -> None:
    code = """\
    def init(model):
        for child in model.children():
            for p in child.parameters():
                nn.init.uniform_(p, -0.1, 0.1)
    """
    assert scope(code, "init").loop is Loop.CHILDREN
    assert scope(code.replace("children", "modules"), "init").loop is Loop.ALL


def test_methods_that_initialise_are_told_apart_by_what_they_are_called_on() -> None:
    code = """\
    class Net(Base):
        def __init__(self):
            super().init_weights()
            self.reset_parameters()
            self.layer.reset_layer()


    def main(net):
        net.init_all()
    """
    assert scope(code, "Net").own_calls == {"init_weights", "reset_parameters"}
    assert scope(code, "Net").calls == {"reset_layer"}
    assert scope(code, "main").calls == {"init_all"}


def test_loading_and_training_are_said_of_the_scope_that_does_it() -> None:
    code = """\
    def load(net, path):
        net.load_state_dict(torch.load(path))


    def train(net, loss):
        loss.backward()


    class Net(nn.Module):
        def __init__(self):
            self.words = nn.Embedding.from_pretrained(table)
    """
    said = {name: (scope(code, name).loads, scope(code, name).trains) for name in ("load", "train", "Net")}
    assert said == {"load": (True, False), "train": (False, True), "Net": (False, False)}


def test_users_are_found_through_what_they_use() -> None:
    found = seen(
        own="class Layer(nn.Module):\n    pass\n",
        block="from own import Layer\n\nclass Block(nn.Module):\n    def __init__(self):\n        self.x = Layer()\n",
        build="from block import Block\n\ndef build_net():\n    return Block()\n",
        main="from build import build_net\n\ndef main():\n    net = build_net()\n",
        apart="class Apart(nn.Module):\n    pass\n",
    )
    names = {each.name for each in found.users(["Layer"])}
    assert {"Block", "build_net", "main"} <= names
    assert "Apart" not in names
    assert not found.users(["Unknown"])


def test_lineage_ends_in_torch_and_is_known_only_where_every_base_is() -> None:
    found = seen(
        own="",
        base="class Base(nn.Module): pass\nclass Layered(nn.Linear): pass\nclass Open(library.Layer): pass\n",
    )
    assert [each.name for each in found.lineage(["models.Base"])[0]] == ["Base"]
    assert found.lineage(["models.Base"])[1]
    assert found.lineage(["Layered"])[1]
    assert not found.lineage(["Open"])[1]
    assert not found.lineage(["Missing"])[1]
    assert found.lineage(["nn.Module", "object"]) == ((), True)


def test_mentions_are_those_of_other_files() -> None:
    found = seen(own="def init_weights(m): pass\n", other="model.apply(init_weights)\n")
    assert found.mentions("init_weights")
    assert not seen(own="def init_weights(m): pass\ninit_weights(m)\n", other="").mentions("init_weights")


def test_file_without_torch_has_words_only() -> None:
    found = Sketch.of("class A:\n    def f(self):\n        self.x = reset(1)\n")
    assert not found.classes
    assert found.words["reset"] == 1


def test_order_of_the_files_does_not_matter() -> None:
    files = {
        "a.py": "class A(nn.Module):\n    def f(self):\n        B()\n",
        "b.py": "class B(A):\n    def f(self, m):\n        m.x.zero_()\n",
        "c.py": "def init(m):\n    for p in m.parameters():\n        nn.init.zeros_(p)\n",
    }
    found = []
    for order in permutations(files):
        project = Project([(name, sketch(files[name])) for name in order])
        seen_from = project.elsewhere("c.py")
        users = [each.name for each in seen_from.users(["A"])]
        found.append((users, seen_from.lineage(["B"]), project.written, project.loops, project.called))
    assert all(each == found[0] for each in found)
