"""INI705: what counts as loading, and as an init of what was loaded."""

import textwrap

import pytest
from checking import find, messages

HEAD = """\
import timm
import torchvision
import transformers
from transformers import AutoModel, BertForMaskedLM, CLIPImageProcessor


def init_all(m):
    if isinstance(m, nn.Linear):
        nn.init.normal_(m.weight, std=0.02)


def init_net(net):
    for m in net.modules():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(m.weight)


def count(m):
    print(m)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.conv = nn.Conv2d(4, 4, 1)


class Held(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = AutoModel.from_pretrained("name")


class Model(nn.Module):
    def __init__(self, state, flag, net, weights=None):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.net = Net()
{statements}
"""

WIPED = {
    "own state": "self.load_state_dict(state)\nself.apply(init_all)",
    "part": "self.net.load_state_dict(state)\nself.net.apply(init_all)",
    "part, then everything": "self.net.load_state_dict(state)\nself.apply(init_all)",
    "strictness is told": "self.net.load_state_dict(state, strict=False)\nself.apply(init_all)",
    "local": "a = Net()\na.load_state_dict(state)\na.apply(init_all)",
    "argument": "net.load_state_dict(state)\ninit_net(net)",
    "local from a hub": "a = AutoModel.from_pretrained(state)\na.apply(init_all)",
    "attribute from a hub": "self.a = AutoModel.from_pretrained(state)\nself.a.apply(init_all)",
    "class for a task": "self.a = BertForMaskedLM.from_pretrained(state)\nself.apply(init_all)",
    "qualified class": "self.a = transformers.BertModel.from_pretrained(state)\nself.apply(init_all)",
    "in a module of the file": "self.a = Held()\nself.apply(init_all)",
    "named weights": "self.a = torchvision.models.resnet18(weights='DEFAULT')\nself.apply(init_all)",
    "weights of an enumeration": (
        "self.a = torchvision.models.vgg11(weights=torchvision.models.VGG11_Weights.DEFAULT)\nself.apply(init_all)"
    ),
    "flag": "self.a = timm.create_model('vit', pretrained=True)\nself.apply(init_all)",
    "loop": (
        "self.load_state_dict(state)\n"
        "for m in self.modules():\n    if isinstance(m, nn.Conv2d):\n        nn.init.kaiming_normal_(m.weight)"
    ),
    "under a test of the load": "if flag:\n    self.load_state_dict(state)\nself.apply(init_all)",
    "under one test": "if flag:\n    self.load_state_dict(state)\n    self.apply(init_all)",
}

SILENT = {
    "the init first": "self.apply(init_all)\nself.load_state_dict(state)",
    "loaded again": "self.load_state_dict(state)\nself.apply(init_all)\nself.load_state_dict(state)",
    "part loaded again": "self.net.load_state_dict(state)\nself.net.apply(init_all)\nself.net.load_state_dict(state)",
    "loaded by something else": "self.load_state_dict(state)\nself.apply(init_all)\nrestore(self)",
    "other branch": "if flag:\n    self.load_state_dict(state)\nelse:\n    self.apply(init_all)",
    "opposite test": "if flag:\n    self.load_state_dict(state)\nif not flag:\n    self.apply(init_all)",
    "a test of the init": "self.load_state_dict(state)\nif flag:\n    self.apply(init_all)",
    "the rest of the model": "self.net.load_state_dict(state)\nself.fc.apply(init_all)",
    "a head": "self.load_state_dict(state)\nself.fc.apply(init_all)",
    "a new part": "self.net.load_state_dict(state)\nself.net = Net()\nself.net.apply(init_all)",
    "one layer": "self.load_state_dict(state)\nnn.init.zeros_(self.fc.weight)",
    "another object": "a, b = Net(), Net()\na.load_state_dict(state)\nb.apply(init_all)",
    "another value of a name": "a = Net()\na.load_state_dict(state)\na = Net()\na.apply(init_all)",
    "unknown function": "self.load_state_dict(state)\nself.apply(restore)",
    "function without an init": "self.load_state_dict(state)\nself.apply(count)",
    "function for other layers": "a = nn.Conv2d(1, 1, 1)\na.load_state_dict(state)\na.apply(init_all)",
    "processor": "self.a = CLIPImageProcessor.from_pretrained(state)\nself.apply(init_all)",
    "tokenizer": "self.a = transformers.BertTokenizer.from_pretrained(state)\nself.apply(init_all)",
    "configuration": "self.a = transformers.BertConfig.from_pretrained(state)\nself.apply(init_all)",
    "unknown class": "self.a = Thing.from_pretrained(state)\nself.apply(init_all)",
    "no weights": "self.a = torchvision.models.resnet18(weights=None)\nself.apply(init_all)",
    "perhaps no weights": "self.a = torchvision.models.resnet18(weights=weights)\nself.apply(init_all)",
    "flag that is open": "self.a = timm.create_model('vit', pretrained=flag)\nself.apply(init_all)",
    "no flag": "self.a = timm.create_model('vit')\nself.apply(init_all)",
    "optimizer": "a = torch.optim.SGD(self.parameters())\na.load_state_dict(state)\nself.apply(init_all)",
}


def model(statements: str) -> str:
    return HEAD.replace("{statements}", textwrap.indent(statements, " " * 8))


@pytest.mark.parametrize("statements", WIPED.values(), ids=WIPED.keys())
def test_init_after_loading_is_found(statements: str) -> None:
    assert len(find(model(statements), "INI705")) == 1


@pytest.mark.parametrize("statements", SILENT.values(), ids=SILENT.keys())
def test_init_that_keeps_what_is_loaded_is_silent(statements: str) -> None:
    assert not find(model(statements), "INI705")


def test_message_names_the_model_and_how_it_was_loaded() -> None:
    assert messages(model(WIPED["part"]), "INI705") == [
        "self.net is initialised after self.net.load_state_dict has loaded its weights: normal_ overwrites them"
    ]
    (message,) = messages(model(WIPED["loop"]), "INI705")
    assert message.startswith("the model is initialised after self.load_state_dict has loaded its weights")


def test_fix_is_shown_only() -> None:
    (finding,) = find(model(WIPED["own state"]), "INI705")
    assert finding.applicable is None
    assert len(finding.fixes) == 1
