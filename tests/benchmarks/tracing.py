"""What tracing costs: CPU time of building models under the trace, what it then says included, and without.

python tests/benchmarks/tracing.py [--timm FOLDER] [--device meta] [--rounds 9] [MODEL ...]

FOLDER holds the package `timm`; without it small models of torch's own layers are built. MODELs are names of timm's;
without them one of each of 44 families is built.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import stand_in
import torch
from torch import nn

from initlint.runtime.evidence import Role
from initlint.runtime.trace import trace

Factory = Callable[[], nn.Module]

FAMILIES = (
    "cait_xxs24_224 coat_tiny coatnet_pico_rw_224 convit_tiny convmixer_768_32 convnext_atto crossvit_tiny_240 "
    "davit_tiny deit_tiny_patch16_224 densenet121 dla34 edgenext_xx_small efficientformer_l1 efficientnet_b0 "
    "eva02_tiny_patch14_224 fastvit_t8 focalnet_tiny_srf gcvit_xxtiny ghostnet_100 hiera_tiny_224 hrnet_w18_small "
    "inception_v3 levit_128s maxvit_rmlp_pico_rw_256 mixer_s32_224 mobilenetv3_small_100 mobileone_s0 mobilevit_xxs "
    "nest_tiny nfnet_l0 poolformer_s12 pvt_v2_b0 regnety_002 repvgg_a0 resmlp_12_224 resnet50 sequencer2d_s "
    "swin_tiny_patch4_window7_224 tiny_vit_5m_224 twins_svt_small vgg11_bn visformer_tiny vit_tiny_patch16_224 "
    "xcit_nano_12_p16_224"
)


def convolutions(width: int, depth: int) -> nn.Module:
    blocks = (
        nn.Sequential(nn.Conv2d(width, width, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU()) for _ in range(depth)
    )
    return nn.Sequential(nn.Conv2d(3, width, 7), *blocks, nn.Linear(width, 1000))


def initialised(width: int, depth: int) -> nn.Module:
    model = convolutions(width, depth)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return model


def transformer(width: int, depth: int) -> nn.Module:
    layers = (nn.TransformerEncoderLayer(width, 4, 4 * width) for _ in range(depth))
    return nn.Sequential(nn.Embedding(8000, width), *layers)


SMALL: dict[str, Factory] = {
    "20 convolutions of 16 channels": lambda: convolutions(16, 20),
    "20 convolutions of 256 channels": lambda: convolutions(256, 20),
    "20 convolutions of 256 channels, initialised": lambda: initialised(256, 20),
    "12 transformer layers of 64": lambda: transformer(64, 12),
    "12 transformer layers of 512": lambda: transformer(512, 12),
    "4 LSTMs of 512": lambda: nn.ModuleList([nn.LSTM(512, 512, 2) for _ in range(4)]),
}


def of_timm(folder: str, names: list[str]) -> dict[str, Factory]:
    stand_in.install()
    sys.path.insert(0, folder)
    import timm

    return {name: partial(timm.create_model, name) for name in names or FAMILIES.split()}


def plainly(factory: Factory, device: str | None) -> nn.Module:
    if device is None:
        return factory()
    with torch.device(device):
        return factory()


def seconds(action: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    action()
    return time.process_time() - start


def pairs(factory: Factory, device: str | None, rounds: int) -> Iterator[tuple[float, float]]:
    """CPU seconds without and with the trace, both in turn."""
    for _ in range(rounds):
        yield (
            seconds(lambda: plainly(factory, device)),
            seconds(lambda: trace(factory, device=device)),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--timm", metavar="FOLDER")
    parser.add_argument("--device")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    ratios, resolved, count = [], 0, 0
    for name, factory in (of_timm(arguments.timm, arguments.models) if arguments.timm else SMALL).items():
        parameters = [*trace(factory, device=arguments.device).of_role(Role.PARAMETER)]
        resolved += sum(each.resolved for each in parameters)
        count += len(parameters)
        del parameters
        found = [*pairs(factory, arguments.device, arguments.rounds)]
        ratios.append(statistics.median(traced / plain for plain, traced in found))
        plain, traced = (min(times) * 1e3 for times in zip(*found, strict=True))
        print(f"{name:46} {plain:8.1f} ms {traced:8.1f} ms {ratios[-1]:6.2f} ×", flush=True)
    print(f"median {statistics.median(ratios):.2f} ×, worst {max(ratios):.2f} ×, resolved {resolved} of {count}")


if __name__ == "__main__":
    main()
