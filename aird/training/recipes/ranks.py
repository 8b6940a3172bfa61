"""Several processes at one training (started by torchrun, see launch.py): who am I, and sums over all of us.

Every process walks through the same batches and works on its share of each; gradients are added up before every
update, so that all hold the same weights. Alone, everything here does nothing.
"""

from collections.abc import Sequence
from typing import TypeVar

import torch
import torch.distributed as together
from torch import Tensor

T = TypeVar("T")
BUCKET = 16 * 2**20
"""Numbers that are added up in one message, at most."""


def rank() -> int:
    """The number of this process, from 0."""
    return together.get_rank() if together.is_initialized() else 0


def size() -> int:
    """How many processes there are."""
    return together.get_world_size() if together.is_initialized() else 1


def share(batch: Sequence[T]) -> Sequence[T]:
    """This process's part of a batch; a batch is sorted by length, so every n-th of it is as long as the others'."""
    return batch[rank() :: size()]


def add_up(numbers: Sequence[float], device: torch.device) -> list[float]:
    """Each number, summed over the processes, in float64."""
    if size() == 1:
        return list(numbers)
    told = torch.tensor(numbers, dtype=torch.float64, device=device)
    together.all_reduce(told)
    return [float(number) for number in told.tolist()]


def add_up_gradients(parameters: Sequence[Tensor]) -> None:
    """Replace every gradient by its sum over the processes; one that is missing counts as zero."""
    if size() == 1:
        return
    bucket: list[Tensor] = []
    room = BUCKET
    for parameter in parameters:
        if bucket and (parameter.numel() > room or parameter.dtype != bucket[0].dtype):
            _reduce(bucket)
            bucket, room = [], BUCKET
        bucket.append(parameter)
        room -= parameter.numel()
    _reduce(bucket)


def from_first(value: T) -> T:
    """What the first process has, a plain value, in all of them."""
    if size() == 1:
        return value
    box: list[T] = [value]
    together.broadcast_object_list(box, src=0)
    return box[0]


def tensor_from_first(tensor: Tensor) -> Tensor:
    """The first process's tensor, on the CPU, in all of them; the others give one of its type and shape."""
    if size() == 1:
        return tensor
    here = tensor.cuda() if together.get_backend() == "nccl" else tensor.contiguous()
    together.broadcast(here, src=0)
    return here.cpu()


def _reduce(bucket: Sequence[Tensor]) -> None:
    parts = [torch.zeros_like(each) if each.grad is None else each.grad for each in bucket]
    flat = torch.cat([part.reshape(-1) for part in parts])
    together.all_reduce(flat)
    for parameter, part in zip(bucket, torch.split(flat, [part.numel() for part in parts]), strict=True):
        parameter.grad = part.view_as(parameter).clone()
