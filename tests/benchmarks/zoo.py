"""Models of transformers and timm with random weights, small enough to be looked at by the hundred.

Targets of the runtime checker: `initlint verify tests/benchmarks/zoo.py:hugging_face --arg name=gpt2`. transformers has
to be installed; timm has to be importable, torchvision not.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from typing import Any

import stand_in
import torch
from torch import nn

TEXT = "2x32:int64<1000"
IMAGE = "2x3x64x64"
SOUND = "2x4000"
PAIR = f"{TEXT}, {TEXT}"

WIDTH, INNER, HEADS, LAYERS, WORDS = 128, 512, 4, 2, 1000

SIZES: Mapping[str, Any] = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "dim", "embedding_size", "emb_dim"), WIDTH),
    **dict.fromkeys(("intermediate_size", "encoder_ffn_dim", "decoder_ffn_dim", "d_ff", "ffn_dim", "d_inner"), INNER),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads"), HEADS),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), HEADS),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers"), LAYERS),
    **dict.fromkeys(("decoder_layers", "num_decoder_layers"), LAYERS),
    "num_key_value_heads": 2,
    "head_dim": WIDTH // HEADS,
    "vocab_size": WORDS,
    "image_size": 64,
}
"""Sizes of the configurations that have a key of this name."""

TOWER: Mapping[str, Any] = {
    "hidden_size": WIDTH, "intermediate_size": INNER, "num_attention_heads": HEADS, "num_hidden_layers": LAYERS,
    "vocab_size": WORDS, "image_size": 64, "patch_size": 16,
}  # fmt: skip
"""The half of a model of images and text."""

HUGGING_FACE: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    # Encoders of text.
    "albert": (TEXT, {}),
    "bert": (TEXT, {}),
    "big_bird": (TEXT, {"attention_type": "original_full"}),
    "convbert": (TEXT, {}),
    "deberta": (TEXT, {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}),
    "deberta-v2": (TEXT, {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]}),
    "distilbert": (TEXT, {"hidden_dim": INNER}),
    "electra": (TEXT, {}),
    "ernie": (TEXT, {}),
    "mobilebert": (TEXT, {}),
    "modernbert": (
        TEXT,
        {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2, "cls_token_id": 2, "sep_token_id": 3},
    ),
    "mpnet": (TEXT, {}),
    "rembert": (TEXT, {"input_embedding_size": WIDTH}),
    "roberta": (TEXT, {}),
    "roformer": (TEXT, {}),
    "xlm": (TEXT, {}),
    "xlnet": (TEXT, {"d_head": 32}),
    # Decoders.
    "bloom": (TEXT, {}),
    "cohere": (TEXT, {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}),
    "codegen": (TEXT, {"rotary_dim": 16}),
    "deepseek_v3": (
        TEXT,
        {
            "n_routed_experts": 8,
            "n_group": 2,
            "topk_group": 1,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 64,
            "q_lora_rank": 32,
            "kv_lora_rank": 32,
            "qk_nope_head_dim": 16,
            "qk_rope_head_dim": 16,
            "v_head_dim": 32,
            "first_k_dense_replace": 1,
            "num_key_value_heads": HEADS,
            "head_dim": 16,
        },
    ),
    "falcon": (TEXT, {"head_dim": None}),
    "gemma": (TEXT, {}),
    "gemma2": (TEXT, {}),
    "gemma3_text": (TEXT, {}),
    "gpt2": (TEXT, {}),
    "gpt_bigcode": (TEXT, {}),
    "gpt_neo": (TEXT, {"attention_types": [[["global", "local"], 1]]}),
    "gpt_neox": (TEXT, {}),
    "gptj": (TEXT, {"rotary_dim": 16}),
    "granite": (TEXT, {}),
    "llama": (TEXT, {}),
    "mamba": (TEXT, {"intermediate_size": 2 * WIDTH, "time_step_rank": 8}),
    "mamba2": (TEXT, {"num_heads": 8, "head_dim": 32, "n_groups": 1}),
    "mistral": (TEXT, {}),
    "mixtral": (TEXT, {"num_local_experts": 4}),
    "mpt": (TEXT, {}),
    "nemotron": (TEXT, {"num_key_value_heads": 2, "head_dim": WIDTH // HEADS}),
    "olmo2": (TEXT, {}),
    "opt": (TEXT, {"word_embed_proj_dim": WIDTH}),
    "phi": (TEXT, {}),
    "phi3": (TEXT, {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}),
    "qwen2": (TEXT, {}),
    "qwen2_moe": (
        TEXT,
        {
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 64,
            "shared_expert_intermediate_size": 64,
        },
    ),
    "qwen3": (TEXT, {}),
    "rwkv": (TEXT, {"attention_hidden_size": WIDTH}),
    "stablelm": (TEXT, {}),
    "starcoder2": (TEXT, {}),
    # Encoders and decoders.
    "bart": (PAIR, {}),
    "longt5": (PAIR, {"d_kv": 32}),
    "m2m_100": (PAIR, {}),
    "marian": (PAIR, {"decoder_vocab_size": WORDS, "pad_token_id": 0}),
    "pegasus": (PAIR, {}),
    "t5": (PAIR, {"d_kv": 32}),
    "switch_transformers": (PAIR, {"d_kv": 32, "num_experts": 4, "num_sparse_encoder_layers": 1}),
    # Images.
    "beit": (IMAGE, {}),
    "bit": (IMAGE, {}),
    "convnext": (
        IMAGE,
        {"hidden_sizes": [32, 64, 128, 256], "depths": [1, 1, 2, 1], "num_hidden_layers": None, "num_layers": None},
    ),
    "convnextv2": (
        IMAGE,
        {"hidden_sizes": [32, 64, 128, 256], "depths": [1, 1, 2, 1], "num_hidden_layers": None, "num_layers": None},
    ),
    "cvt": (IMAGE, {}),
    "data2vec-vision": (IMAGE, {}),
    "deit": (IMAGE, {}),
    "dinov2": (IMAGE, {}),
    "dpt": (IMAGE, {"backbone_out_indices": [0, 1], "neck_hidden_sizes": [16, 16, 32, 32]}),
    "efficientnet": (IMAGE, {"width_coefficient": 0.5, "depth_coefficient": 0.5, "hidden_dim": 640}),
    "focalnet": (IMAGE, {"embed_dim": 32, "depths": [1, 1, 1, 1]}),
    "glpn": (IMAGE, {}),
    "levit": ("2x3x224x224", {"image_size": 224}),
    "mobilenet_v1": (IMAGE, {}),
    "mobilenet_v2": (IMAGE, {}),
    "mobilevit": (IMAGE, {"hidden_sizes": [64, 80, 96]}),
    "poolformer": (IMAGE, {}),
    "pvt": (IMAGE, {"num_attention_heads": [1, 2, 5, 8]}),
    "regnet": (IMAGE, {}),
    "resnet": (IMAGE, {}),
    "segformer": (IMAGE, {"num_attention_heads": [1, 2, 5, 8]}),
    "swin": (IMAGE, {"embed_dim": 32, "depths": [2, 2], "num_heads": [2, 4]}),
    "swinv2": (IMAGE, {"embed_dim": 32, "depths": [2, 2], "num_heads": [2, 4], "window_size": 8}),
    "vit": (IMAGE, {}),
    "vit_mae": (IMAGE, {}),
    # Sounds.
    "encodec": ("2x1x4000", {}),
    "hubert": (SOUND, {}),
    "sew": (SOUND, {}),
    "unispeech": (SOUND, {}),
    "univnet": ("", {}),
    "vits": ("", {}),
    "wav2vec2": (SOUND, {}),
    "wavlm": (SOUND, {}),
    "whisper": ("2x80x3000, 2x8:int64<1000", {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}),
    # Images and text.
    "blip": ("", {"text_config": TOWER, "vision_config": TOWER}),
    "clip": ("", {"text_config": TOWER, "vision_config": TOWER}),
    "siglip": ("", {"text_config": TOWER, "vision_config": TOWER}),
}
"""Input and further sizes by type of model; no input where one tensor or two do not make one."""

_TIMM = {
    224: (
        "beit_base_patch16_224 cait_xxs24_224 coat_tiny convit_tiny convmixer_768_32 convnext_atto "
        "convnext_zepto_rms cpubone_nano cspnext_tiny davit_tiny deit_tiny_patch16_224 densenet121 dla46x_c "
        "dpn48b efficientformer_l1 efficientformerv2_s0 efficientvim_m1 efficientvit_b0 efficientvit_m0 "
        "eva02_tiny_patch14_224 fasternet_t0 focalnet_tiny_lrf gcvit_xxtiny ghostnet_050 gmixer_12_224 "
        "hardcorenas_a hgnet_tiny hiera_tiny_224 hrnet_w18_small inception_next_atto lcnetv2_small "
        "legacy_seresnet18 levit_128 lowformer_b0 mambaout_femto mobilenet_edgetpu_v2_xs mobilenetv3_small_050 "
        "mobileone_s1 mvitv2_tiny nest_tiny nextvit_small pit_xs_224 poolformer_s12 pvt_v2_b0 rdnet_tiny "
        "regnetx_002 repghostnet_050 repvit_m0_9 res2net50_14w_8s resnet18 resnetv2_18 rexnet_100 selecsls42 "
        "sequencer2d_s shvit_s1 skresnet18 starnet_s050 swiftformer_xs swin_s3_tiny_224 swinv2_cr_tiny_224 "
        "tiny_vit_5m_224 tnt_s_legacy_patch16_224 tresnet_m twins_svt_small vgg11 visformer_tiny "
        "vit_relpos_small_patch16_224 vit_tiny_patch16_224 vit_tiny_r_s16_p8_224 vitamin_small_224 volo_d1_224 "
        "vovnet39a xcit_nano_12_p8_224"
    ),
    256: (
        "cs3darknet_focus_s edgenext_xx_small fastvit_s12 halonet_h1 maxvit_pico_rw_256 mobilevit_xxs resnest14d "
        "swinv2_tiny_window8_256"
    ),
    299: ("inception_v3 inception_v4 xception xception41"),
    240: ("crossvit_tiny_240"),
    512: ("csatv2"),
    192: ("nf_regnet_b0"),
}
TIMM = {name: f"2x3x{size}x{size}" for size, names in _TIMM.items() for name in names.split()}
"""Input by model: a small one of nearly every family."""


def hugging_face(name: str) -> nn.Module:
    """A model of transformers with the sizes that stand above."""
    from transformers import CONFIG_MAPPING, AutoModel

    given, more = HUGGING_FACE[name]
    kind = CONFIG_MAPPING[name]
    plain = kind()
    sizes = {key: size for key, size in SIZES.items() if isinstance(getattr(plain, key, None), int)} | more
    model: nn.Module = AutoModel.from_config(kind(**{key: size for key, size in sizes.items() if size is not None}))
    return Translator(model) if given.count(":int64") == 2 or name == "whisper" else model


class Translator(nn.Module):
    """A model of transformers whose second input is that of its decoder."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> Any:
        return self.model(source, decoder_input_ids=target)


def timm(name: str, **more: Any) -> nn.Module:
    """A model of timm."""
    if "torchvision" not in sys.modules and importlib.util.find_spec("torchvision") is None:
        stand_in.install()
    import timm as library

    model: nn.Module = library.create_model(name, pretrained=False, **more)
    return model
