"""Modules by what names say: classes of torch, bases that other libraries give to models, methods of containers."""

from __future__ import annotations

_NO_MODULES = frozenset({"Parameter", "UninitializedParameter", "UninitializedBuffer", "Buffer"})

FOREIGN_MODULES = frozenset(
    {
        *(f"{root}.LightningModule" for root in ("lightning", "lightning.pytorch", "pytorch_lightning")),
        *("transformers.PreTrainedModel", "transformers.modeling_utils.PreTrainedModel"),
        *("diffusers.ModelMixin", "diffusers.models.modeling_utils.ModelMixin"),
        *("mmcv.runner.BaseModule", "mmengine.model.BaseModule", "mmengine.model.BaseModel"),
        *("torch_geometric.nn.MessagePassing", "torch_geometric.nn.conv.MessagePassing"),
        *("fairseq.models.FairseqEncoder", "fairseq.models.FairseqDecoder", "fairseq.models.BaseFairseqModel"),
        *("gpytorch.Module", "pyro.nn.PyroModule", "torch.jit.ScriptModule"),
    }
)
"""Classes of well-known libraries that derive from `torch.nn.Module`."""

ADDING = frozenset({"append", "extend", "insert", "add_module"})
"""Methods that add to a list or a container of modules."""

PLAIN_BASES = frozenset({"ABC", "Generic", "Module", "Protocol", "object"})
"""Names at which a line of base classes ends: behind them stand Python and `torch.nn.Module`."""


def is_torch_module(qualified: str) -> bool:
    """Whether a class of `torch.nn` is a module: `torch.nn.Module`, `torch.nn.Conv2d`, a private base of layers."""
    prefix, _, name = qualified.rpartition(".")
    return prefix == "torch.nn" and name.lstrip("_")[:1].isupper() and name not in _NO_MODULES


MODULE_DICT_NAMES = frozenset(
    {
        *("T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "clear"),
        *("compile", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer"),
        *("get_extra_state", "get_parameter", "get_submodule", "half", "ipu", "items", "keys", "load_state_dict"),
        *("modules", "mtia", "named_buffers", "named_children", "named_modules", "named_parameters", "parameters"),
        *("pop", "register_backward_hook", "register_buffer", "register_forward_hook"),
        *("register_forward_pre_hook", "register_full_backward_hook", "register_full_backward_pre_hook"),
        *("register_load_state_dict_post_hook", "register_load_state_dict_pre_hook", "register_module"),
        *("register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_"),
        *("set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training"),
        *("type", "update", "values", "xpu", "zero_grad"),
    }
)
"""Names that a `ModuleDict` refuses as keys, because it has attributes of these names."""

ITERATORS = frozenset({"modules", "children", "named_modules", "named_children"})
"""The methods that give modules inside a module."""
