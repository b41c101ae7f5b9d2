"""INI703: orders of a constant and an init of everything that the page does not show."""

import textwrap

import pytest
from checking import find, fix, messages

HEAD = """\
def init_all(m):
    if isinstance(m, nn.Linear):
        nn.init.normal_(m.weight, std=0.02)
        if m.bias is not None:
            nn.init.zeros_(m.bias)


def init_named(m):
    if "Linear" in m.__class__.__name__:
        m.weight.data.normal_(0, 0.02)


def init_net(net):
    for m in net.modules():
        if isinstance(m, nn.Linear):
            nn.init.xavier_uniform_(m.weight)


def zero(module):
    for p in module.parameters():
        p.data.zero_()


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.out = nn.Linear(width, width)
        nn.init.zeros_(self.out.weight)


class Free(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.out = nn.Linear(width, width)


class Model(nn.Module):
    def __init__(self, width, old=None, flag=False):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.layers = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        self.free = Free(width)
{statements}

    def init_own(self):
        {own}

    def init_elsewhere(self, m):
        if isinstance(m, nn.Conv2d):
            nn.init.normal_(m.weight)
"""

OVERWRITTEN = {
    "applied": "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)",
    "applied by class name": "nn.init.eye_(self.fc.weight)\nself.apply(init_named)",
    "in-place method": "self.fc.weight.data.fill_(0.5)\nself.apply(init_all)",
    "bias prior": "nn.init.constant_(self.fc.bias, -2.0)\nself.apply(init_all)",
    "element of a list": "nn.init.zeros_(self.layers[-1].weight)\nself.apply(init_all)",
    "part of the model": "nn.init.zeros_(self.layers[2].weight)\nself.layers.apply(init_all)",
    "the layer itself": "nn.init.zeros_(self.fc.weight)\nself.fc.apply(init_all)",
    "loop over modules": (
        "nn.init.zeros_(self.fc.weight)\n"
        "for m in self.modules():\n    if isinstance(m, nn.Linear):\n        nn.init.normal_(m.weight)"
    ),
    "loop over named modules": (
        "nn.init.zeros_(self.fc.weight)\n"
        "for n, m in self.named_modules():\n    if isinstance(m, nn.Linear):\n        nn.init.normal_(m.weight)"
    ),
    "loop over parameters": (
        "nn.init.zeros_(self.fc.weight)\n"
        "for p in self.parameters():\n    if p.dim() > 1:\n        nn.init.xavier_uniform_(p)"
    ),
    "object passed on": "nn.init.zeros_(self.fc.weight)\ninit_net(self)",
    "own method": "nn.init.zeros_(self.fc.weight)\nself.init_own()",
    "block of the file": "self.block = Block(width)\nself.apply(init_all)",
    "list of blocks": "self.blocks = nn.ModuleList([Block(width) for _ in range(2)])\nself.blocks.apply(init_all)",
    "under a flag of its own": "if flag:\n    nn.init.zeros_(self.fc.weight)\nself.apply(init_all)",
    "both under one flag": "if flag:\n    nn.init.zeros_(self.fc.weight)\n    self.apply(init_all)",
    "another layer is set again": (
        "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nnn.init.zeros_(self.layers[0].weight)"
    ),
    "another attribute is set again": (
        "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nnn.init.ones_(self.fc.bias)"
    ),
    "frozen afterwards": (
        "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nfor p in self.parameters():\n    p.requires_grad = False"
    ),
}

SILENT = {
    "right order": "self.apply(init_all)\nnn.init.zeros_(self.fc.weight)",
    "random first": "nn.init.xavier_uniform_(self.fc.weight)\nself.apply(init_all)",
    "same constant": "nn.init.constant_(self.fc.bias, 0)\nself.apply(init_all)",
    "set again": "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nnn.init.zeros_(self.fc.weight)",
    "set again in place": "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nself.fc.weight.data.mul_(0)",
    "items set again": "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nself.fc.weight.data[0] = 0",
    "assigned anew": "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nself.fc = nn.Linear(width, width)",
    "layer that is replaced": "nn.init.zeros_(self.fc.weight)\nself.fc = nn.Linear(width, width)\nself.apply(init_all)",
    "given to a helper": "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nzero(self.fc)",
    "given to something imported": "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nrestore(self.fc)",
    "object given to something imported": "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nrestore(self)",
    "method of a base": "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nself.post_init()",
    "method of the block": "self.block = Block(width)\nself.apply(init_all)\nself.block.reset_parameters()",
    "attribute of the block": (
        "self.block = Block(width)\nself.apply(init_all)\nnn.init.zeros_(self.block.out.weight)"
    ),
    "attribute of the blocks": (
        "self.blocks = nn.ModuleList([Block(width) for _ in range(2)])\n"
        "self.apply(init_all)\n"
        "for b in self.blocks:\n    nn.init.zeros_(b.out.weight)"
    ),
    "loop that calls methods": (
        "self.block = Block(width)\nself.apply(init_all)\n"
        "for m in self.modules():\n    if isinstance(m, Block):\n        m.reset_parameters()"
    ),
    "loaded": "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\nself.load_state_dict(old)",
    "block without a constant": "self.block = Free(width)\nself.apply(init_all)",
    "unknown function": "nn.init.zeros_(self.fc.weight)\nself.apply(restore)",
    "function for another type": "nn.init.zeros_(self.fc.weight)\nself.apply(self.init_elsewhere)",
    "other part of the model": "nn.init.zeros_(self.fc.weight)\nself.layers.apply(init_all)",
    "other element": "nn.init.zeros_(self.fc.weight)\nself.layers[0].apply(init_all)",
    "other branch": "if flag:\n    nn.init.zeros_(self.fc.weight)\nelse:\n    self.apply(init_all)",
    "opposite test": "if flag:\n    nn.init.zeros_(self.fc.weight)\nif not flag:\n    self.apply(init_all)",
    "later init that is not known to run": ("nn.init.zeros_(self.fc.weight)\nif old:\n    self.apply(init_all)"),
    "names that are picked": (
        "nn.init.zeros_(self.fc.weight)\n"
        "for n, m in self.named_modules():\n"
        "    if 'layers' in n and isinstance(m, nn.Linear):\n        nn.init.normal_(m.weight)"
    ),
    "attribute that is asked for": (
        "nn.init.zeros_(self.fc.weight)\n"
        "for m in self.modules():\n"
        "    if isinstance(m, nn.Linear) and m.in_features == old:\n        nn.init.normal_(m.weight)"
    ),
    "loop over parameters with names": (
        "nn.init.zeros_(self.fc.weight)\n"
        "for n, p in self.named_parameters():\n"
        "    if 'layers' in n and p.dim() > 1:\n        nn.init.xavier_uniform_(p)"
    ),
    "loop over parameters sets it again": (
        "nn.init.zeros_(self.fc.weight)\nself.apply(init_all)\n"
        "for n, p in self.named_parameters():\n    if n.startswith('fc'):\n        nn.init.zeros_(p)"
    ),
    "vectors only": (
        "nn.init.zeros_(self.fc.weight)\nfor p in self.parameters():\n    if p.dim() == 1:\n        nn.init.uniform_(p)"
    ),
    "wrapped in between": ("nn.init.zeros_(self.fc.weight)\nself.fc = restore(self.fc)\nself.apply(init_all)"),
}


def model(statements: str) -> str:
    own = "self.apply(init_all)" if "init_own" in statements else "pass"
    return HEAD.replace("{own}", own).replace("{statements}", textwrap.indent(statements, " " * 8))


@pytest.mark.parametrize("statements", OVERWRITTEN.values(), ids=OVERWRITTEN.keys())
def test_constant_that_is_overwritten_is_found(statements: str) -> None:
    assert len(find(model(statements), "INI703")) == 1


@pytest.mark.parametrize("statements", SILENT.values(), ids=SILENT.keys())
def test_constant_that_stays_or_may_stay_is_silent(statements: str) -> None:
    assert not find(model(statements), "INI703")


def test_method_that_others_call_is_followed_unless_the_constructor_initialises_everything_first() -> None:
    method = "def again(self):\n        self.apply(init_all)\n\n    def init_own"
    first = model("nn.init.zeros_(self.fc.weight)").replace("def init_own", method)
    after = model("self.apply(init_all)\nnn.init.zeros_(self.fc.weight)").replace("def init_own", method)
    assert len(find(first, "INI703")) == 1
    assert not find(after, "INI703")


def test_function_that_resets_the_block_itself_is_silent() -> None:
    code = model("self.block = Block(width)\nself.apply(init_all)")
    resets = "    elif isinstance(m, Block):\n        nn.init.zeros_(m.out.weight)\n"
    assert len(find(code, "INI703")) == 1
    assert not find(code.replace("\n\n\ndef init_named", f"\n{resets}\n\ndef init_named", 1), "INI703")


def test_message_says_what_it_gets_instead() -> None:
    (message,) = messages(model(OVERWRITTEN["applied"]), "INI703")
    first, _, later = message.partition(": ")
    assert first == "what zeros_ writes is lost"
    assert later == "self.apply(init_all) later initialises self.fc.weight again with normal_: N(0, 0.02)"
    (message,) = messages(model(OVERWRITTEN["loop over modules"]), "INI703")
    assert message.startswith("what zeros_ writes is lost: a later loop initialises self.fc.weight again with normal_")


def test_related_places_are_the_later_call_and_what_it_writes() -> None:
    (finding,) = find(model(OVERWRITTEN["applied"]), "INI703")
    later, written = finding.related
    assert later.region.line == finding.region.line + 1
    assert written.region.line < finding.region.line


def test_fix_moves_the_constant_behind_the_call() -> None:
    before = "nn.init.zeros_(self.fc.weight)  # closed at first\nself.apply(init_all)"
    assert fix(model(before), "INI703") == model("self.apply(init_all)\nnn.init.zeros_(self.fc.weight)")


@pytest.mark.parametrize("name", ["loop over modules", "own method", "under a flag of its own", "block of the file"])
def test_fix_is_withheld_where_the_calls_do_not_stand_together(name: str) -> None:
    (finding,) = find(model(OVERWRITTEN[name]), "INI703")
    assert not finding.fixes
