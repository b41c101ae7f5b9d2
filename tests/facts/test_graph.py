"""The parts of objects by their paths, and the modules that expressions stand for."""

import pytest
from reading import probe, read

HEAD = """
import torch
from functools import partial
from torch import nn
from other import Foreign, build

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3)
        self.scale = nn.Parameter(torch.ones(width))

"""

CLASS = """
class Net(nn.Module):
    def __init__(self, width, given, deep=True, wide=None, size: int = 3):
        super().__init__()
{body}
"""


def parts(body: str) -> dict[str, str]:
    """What an object of `Net` holds: kind by path, `?` where the part is not there for certain."""
    indented = "\n".join(f"        {line}" for line in body.splitlines())
    file = read(HEAD + CLASS.format(body=indented))
    net = next(class_ for class_ in file.classes if class_.name == "Net")
    found = {}
    for part in file.trees.graph.of_class(net)[1:]:
        known = part.layer.layer.name if part.layer is not None else part.container
        known = known or (part.class_.name if part.class_ is not None else "parameter" if part.made else "unknown")
        mark = {"always": "", "by default": "~", "open": "?"}[part.runs.value]
        found[part.spelled] = f"{known}{mark}"
    return found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("self.fc = nn.Linear(3, 3)", {"fc": "Linear"}),
        (
            "self.block = Block(3)",
            {"block": "Block", "block.conv": "Conv2d", "block.scale": "parameter"},
        ),
        (
            "self.net = nn.Sequential(nn.ReLU(), nn.Linear(3, 3))",
            {"net": "Sequential", "net.0": "ReLU", "net.1": "Linear"},
        ),
        ("self.net = nn.ModuleList([nn.Linear(3, 3) for _ in range(3)])", {"net": "ModuleList", "net.0": "Linear"}),
        ("self.net = nn.ModuleDict({'a': nn.Linear(3, 3)})", {"net": "ModuleDict", "net.*": "Linear"}),
        (
            "self.net = nn.ModuleList()\nfor _ in range(3):\n    self.net.append(nn.Linear(3, 3))",
            {"net": "ModuleList", "net.0": "Linear"},
        ),
        ("self.nets = [nn.Linear(3, 3)]", {}),
        ("net = nn.Linear(3, 3)", {}),
        ("net = nn.Linear(3, 3)\nself.net = net", {"net": "Linear"}),
        ("self.add_module('fc', nn.Linear(3, 3))", {"fc": "Linear"}),
        ("setattr(self, 'fc', nn.Linear(3, 3))", {"fc": "Linear"}),
        ("setattr(self, given, nn.Linear(3, 3))", {"*": "Linear"}),
        ("self.register_parameter('w', nn.Parameter(torch.ones(3)))", {"w": "parameter"}),
        ("self.w = nn.Parameter(torch.ones(3))", {"w": "parameter"}),
        ("self.w = torch.ones(3)", {}),
        ("self.given = given", {"given": "unknown"}),
        ("self.size = size", {}),
        (
            "self.name, self.rate, self.flag = 'net', 0.1, True",
            {"name": "unknown", "rate": "unknown", "flag": "unknown"},
        ),
        ("self.name = 'net'\nself.rate = 2 * width\nself.flag = deep is True\nself.none = None", {}),
        ("self.net = build(3)", {"net": "unknown"}),
        ("if deep:\n    self.fc = nn.Linear(3, 3)", {"fc": "Linear~"}),
        ("if wide:\n    self.fc = nn.Linear(3, 3)", {"fc": "Linear?"}),
        ("self.fc = nn.Linear(3, 3) if wide else nn.Identity()", {"fc": "unknown?"}),
        ("self.fc = nn.Linear(3, 3)\nself.fc = nn.Identity()", {"fc": "unknown"}),
        ("self.fc = nn.Linear(3, 3)\nif wide:\n    self.fc = nn.ReLU()", {"fc": "ReLU?"}),
        ("self.fc = nn.Linear(3, 3)\ndel self.fc", {}),
        ("self.a = nn.Linear(3, 3)\nself.b = self.a", {"a": "Linear", "b": "Linear"}),
        (
            "self.a = nn.Sequential(nn.Linear(3, 3))\nself.b = self.a[0]",
            {"a": "Sequential", "a.0": "Linear", "b": "Linear"},
        ),
        ("self.fc = nn.Linear(3, 3).to('cpu')", {"fc": "Linear"}),
    ],
)
def test_parts_of_an_object(body: str, expected: dict[str, str]) -> None:
    assert parts(body) == expected


def test_parts_of_methods_bases_and_subclasses_of_containers() -> None:
    file = read(
        HEAD
        + """
class Stack(nn.Sequential):
    def __init__(self, width):
        super().__init__(nn.Linear(width, width), nn.ReLU())

class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(3, 3)

class Net(Base):
    def __init__(self):
        super().__init__()
        self.body = self._make(3)
        self._add()

    def _make(self, width):
        return nn.Sequential(Stack(width))

    def _add(self):
        self.head = nn.Linear(3, 3)
"""
    )
    net = next(class_ for class_ in file.classes if class_.name == "Net")
    found = [part.path for part in file.trees.graph.of_class(net)]
    assert found == ["", "stem", "body", "body.0", "body.0.0", "body.0.1", "head"]


def test_classes_that_build_each_other_end() -> None:
    file = read(HEAD + "class A(nn.Module):\n    def __init__(self):\n        self.inner = A()\n")
    (part,) = (p for p in file.trees.graph.of_class(file.classes[-1]) if p.path == "inner")
    assert part.class_ is file.classes[-1]


def trees(code: str) -> list[str]:
    """What is probed may be, by its place."""
    file = read(HEAD + NET + code)
    node, call = probe(file)
    return [tree.name for tree in file.trees.of(node, call.env, call)]


NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
        self.head = nn.Linear(3, 3)

"""

INSIDE = ["Net", "Net.net", "Net.net.0", "Net.net.1", "Net.head"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("net = Net()\nprobe(net)", ["Net"]),
        ("probe(Net().head)", ["Net.head"]),
        ("net = Net()\nprobe(net.net[0])", ["Net.net.0"]),
        ("net = Net()\nprobe(net.net[-1])", ["Net.net.1"]),
        ("net = Net()\nhead = net.head\nprobe(head)", ["Net.head"]),
        ("net = Net()\nprobe(net.tail)", []),
        ("for m in Net().modules():\n    probe(m)", INSIDE),
        ("for name, m in Net().named_modules():\n    probe(m)", INSIDE),
        ("for m in Net().children():\n    probe(m)", ["Net.net", "Net.head"]),
        ("net = Net()\nfor m in net.net:\n    probe(m)", ["Net.net.0", "Net.net.1"]),
        ("net = Net()\nfor i, m in enumerate(net.net):\n    probe(m)", ["Net.net.0", "Net.net.1"]),
        ("net = Net()\nfor m in (net.head, net.net):\n    probe(m)", ["Net.head", "Net.net"]),
        ("net = Net()\nfor m in net:\n    probe(m)", []),
        ("def f(m):\n    probe(m)\nNet().apply(f)", INSIDE),
        ("def f(m):\n    probe(m)\nNet().apply(partial(f))", INSIDE),
        ("def f(m, std):\n    probe(m)\nf(Net(), 1)", ["Net"]),
        ("def f(std, m):\n    probe(m)\nf(1, m=Net())", ["Net"]),
        ("def f(m):\n    probe(m)\nfor m in Net().children():\n    f(m)", ["Net.net", "Net.head"]),
        ("def f(m):\n    for c in m.children():\n        f(c)\n    probe(m)\nf(Net())", INSIDE),
        ("def f(m):\n    probe(m)", []),
        ("def f(m):\n    probe(m)\nForeign().apply(f)", []),
        ("def f(m=None):\n    probe(m)\nf()", []),
    ],
)
def test_modules_that_an_expression_stands_for(code: str, expected: list[str]) -> None:
    assert sorted(trees(code)) == sorted(expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("    def init(self):\n        probe(self)", ["Sub"]),
        ("    def init(self):\n        probe(self.head)", ["Sub.head"]),
        ("    def init(self):\n        self.apply(self.one)\n    def one(self, m):\n        probe(m)", "all"),
        (
            "    def init(self):\n        self.apply(self.one)\n    @staticmethod\n    def one(m):\n        probe(m)",
            "all",
        ),
        (
            "    def init(self):\n        self.apply(Sub.one)\n    @staticmethod\n    def one(m):\n        probe(m)",
            "all",
        ),
        ("    def init(self):\n        def one(m):\n            probe(m)\n        self.apply(one)", "all"),
        ("    def init(self):\n        self.one(self.head)\n    def one(self, m):\n        probe(m)", ["Sub.head"]),
        ("    def one(self, m):\n        probe(m)", []),
    ],
)
def test_modules_that_a_method_is_given(body: str, expected: list[str] | str) -> None:
    every = [name.replace("Net", "Sub") for name in INSIDE]
    assert sorted(trees(f"class Sub(Net):\n{body}\n")) == sorted(every if expected == "all" else expected)


def test_self_of_an_inherited_method_may_be_an_heir_unless_that_overrides_it() -> None:
    code = """
class Base(nn.Module):
    def init(self):
        probe(self)

class One(Base):
    pass

class Two(One):
    def init(self):
        pass
"""
    assert trees(code) == ["Base", "One"]


def test_a_constructor_sees_what_is_there_when_it_comes_by() -> None:
    code = """
class Early(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3)
        for m in self.modules():
            probe(m)
        self.second = nn.Linear(3, 3)
"""
    assert trees(code) == ["Early", "Early.first"]
