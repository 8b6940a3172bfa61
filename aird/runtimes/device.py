"""On what a computation ran, as far as its bits depend on it."""

import platform

import torch

from aird.runtimes import loading


def device_class(threads: int) -> dict[str, str | int]:
    """What has to be the same for the same bits: the chip's kind, its instruction set, torch, and the threads."""
    device = loading.device_of_choice()
    gpu = device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(device) if gpu else "cpu",
        "machine": platform.machine(),
        "instructions": ".".join(map(str, torch.cuda.get_device_capability(device)))
        if gpu
        else torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
        "threads": threads,
    }
