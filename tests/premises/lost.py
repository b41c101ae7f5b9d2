"""Cases of the rules about inits that are lost."""

from __future__ import annotations

from premises.models import HEAD, model

INIT = (
    "def init(m, std=0.02):\n    if isinstance(m, (nn.Conv2d, nn.Linear)):\n"
    "        nn.init.normal_(m.weight, 0.0, std)\n"
)
WRAP = "from functools import partial\nfrom torch.nn.utils import weight_norm\n" + INIT
CONV = "self.conv = weight_norm(nn.Conv2d(3, 4, 3))"
FC = "self.fc = nn.Linear(3, 3)"


def hugging_face(*lines: str, constructor: tuple[str, ...] = ("self.post_init()",), methods: str = "") -> str:
    """A model of transformers 5 with these lines in its `_init_weights`, and these in its constructor."""
    drawing, body = ("\n".join(f"        {line}" for line in part) for part in (lines, constructor))
    return (
        f"{HEAD}from transformers import PreTrainedModel, initialization as init\nclass Net(PreTrainedModel):\n"
        f"    def __init__(self, config):\n        super().__init__(config)\n{body}\n{methods}"
        f"    def _init_weights(self, module):\n        super()._init_weights(module)\n{drawing}\n"
    )


def statements(*lines: str, head: str = "") -> str:
    """Statements of a function that is given a module and a state."""
    return HEAD + head + "def f(net, state):\n" + "".join(f"    {line}\n" for line in lines)


CASES = {
    "INI701 assigned init": model(CONV, "n = nn.init.normal_", "n(self.conv.weight, 0.0, 0.02)", head=WRAP),
    "INI701 applied in part": model(CONV, "go = init", "self.apply(fn=partial(go, std=0.02))", head=WRAP),
    "INI701 applied from another file": model(CONV, "weights.init_weights(self.conv)", head="import weights\n" + WRAP),
    "INI701 loop over a tuple": model(
        CONV, "for m in (self.conv,):", "    nn.init.normal_(m.weight, 0.0, 0.02)", head=WRAP
    ),
    "INI701 loop over a local": model(
        CONV, "a = self.conv", "nn.init.normal_(a.weight.detach(), 0.0, 0.02)", "init(a)", head=WRAP
    ),
    "INI701 called by the constructor": model(CONV, "self.forward(1)", head=WRAP, forward="init(self.conv)"),
    "INI701 model that a function makes": model(
        CONV, head=WRAP, methods="def make():\n    return Net()\ndef f(d):\n    net = make()\n    net.apply(init)\n"
    ),
    "INI701 wrapped by another file": model(
        "self.conv = nn.Conv2d(3, 4, 3)  # weight_norm",
        "self.apply(wrap)",
        "self.apply(init)",
        head="from weights import wrap\n" + INIT,
    ),
    "INI702 first argument by name": model(FC, "nn.init.normal_(tensor=torch.cat(tensors=[self.fc.weight, x]))"),
    "INI702 mask of a mask": model(FC, "a = x > 0", "b = a", "self.fc.weight.data[:, b].zero_()"),
    "INI702 transposed": model(FC, "nn.init.normal_(self.fc.weight.mT.flatten())"),
    "INI702 assigned type": model(FC, "D = torch.half", "nn.init.normal_(self.fc.weight.to(dtype=D))  # x.weight.mul("),
    "INI702 parameter that an init returns": model(
        "P = nn.Parameter", "a = nn.init.normal_(P(torch.zeros(3)))", "self.w = a", "self.w.data.clone().zero_()"
    ),
    "INI702 loop over parameters": model(FC, "for n, p in self.named_parameters():", "    p.data.clone().zero_()"),
    "INI702 size by name": model(
        FC, "z = torch.zeros", "z(size=self.fc.weight.shape)", "torch.zeros(self.fc.weight.shape)"
    ),
    "INI703 loop over parameters": model(
        FC,
        "nn.init.eye_(self.fc.weight)",
        "for n, p in self.named_parameters():",
        "    p.data.normal_(0.0, 0.02)  # modules()",
    ),
    "INI703 applied from another file": model(
        FC, "nn.init.zeros_(self.fc.weight)", "self.apply(w.init_weights)", head="import weights as w\n"
    ),
    "INI703 object that holds it": model(
        "self.fc = nn.Sequential(nn.Linear(3, 3))",
        "nn.init.zeros_(self.fc[0].weight)",
        head=INIT,
        methods="class Outer(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.net = Net()\n        self.apply(init)\n",
    ),
    "INI704 assigned init": statements("z = nn.init.zeros_", "z(net.weight)", "z(net.weight)  # weight.normal_("),
    "INI704 imported init": statements(
        "z(net.weight)", "z(tensor=net.weight)  # weight.normal_(", head="from torch.nn.init import zeros_ as z\n"
    ),
    "INI704 star import": statements("zeros_(net.weight)", "zeros_(net.weight)", head="from torch.nn.init import *\n"),
    "INI705 function of another file": statements(
        "net.load_state_dict(state)", "net.apply(weights.init_weights)", head="import weights\n"
    ),
    "INI705 pretrained": statements(
        "net = tv.models.resnet18(weights='DEFAULT')", "net.apply(fn=init)", head="import torchvision as tv\n" + INIT
    ),
    "INI705 imported maker": statements(
        "net = c('resnet18', pretrained=True)", "net.apply(init)", head="from timm import create_model as c\n" + INIT
    ),
    "INI706 data under another name": hugging_face(
        "w = module.weight", "data = w.data", "data[0] = 0.0", "module.bias.data.zero_()"
    ),
    "INI706 parts in a loop": hugging_face(
        "for part in module.weight.chunk(3):", "    part.zero_()", "# module.weight.data"
    ),
    "INI706 parameter of a class": hugging_face("module.scale.uniform_()", "# .data").replace(
        "class", "class Scale(nn.Module):\n    def __init__(self):\n        self.scale = nn.Parameter(x)\nclass", 1
    ),
    "INI706 assigned function": hugging_face("draw(module.weight)").replace(
        "class", "draw = nn.init.normal_\nclass", 1
    ),
    "INI706 transposed": hugging_face("init.normal_(module.weight.T)"),
    "INI708 list of layers": hugging_face(
        "init.normal_(module.weight)",
        constructor=("layers = []", "layers.append(nn.Linear(3, 3))", "self.post_init()", "self.layers = layers"),
    ),
    "INI708 method and function": hugging_face(
        "init.normal_(module.weight)",
        constructor=("self.post_init()", "self.grow()"),
        methods="    def grow(self):\n        self.head = make()\n",
    ).replace("class", "def make():\n    return nn.Linear(3, 3)\nclass", 1),
}
