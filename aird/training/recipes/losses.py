"""The losses of distillation, computed piece by piece: no logits of a whole batch are ever in memory.

A student's hidden states at the rows that are learnt (its answers' tokens) and its frozen output head are enough: for
some rows at a time the logits are computed, compared with what the teacher says, and turned into their own gradient in
place; that times the head is the gradient of the hidden states, which is all that is kept. Beyond the pieces a loss so
needs as much memory as the hidden states have, whatever the vocabulary. A head that is trained gets its gradient as
well.

The divergences are the generalised Jensen-Shannon ones (https://arxiv.org/abs/2306.13649):
JSD_beta = beta KL(teacher | m) + (1 - beta) KL(student | m) with m = beta teacher + (1 - beta) student; in the limits,
divided by what goes to zero, beta 0 is the forward divergence KL(teacher | student) and beta 1 the reverse one. Each is
multiplied by the squared temperature.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

PIECE = {"cpu": 2**24, "cuda": 2**28}
"""Bytes of logits at once."""
TILE = 4096
"""Tokens of the vocabulary that are worked on together."""
LEAST = 1e-7
"""The probability of all tokens outside the chosen ones is never taken to be less."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last linear layer: `weight` (vocabulary x width). Without one, hidden states are logits already."""

    weight: Tensor | None
    bias: Tensor | None = None

    @classmethod
    def of(cls, layer: Any) -> "Head | None":
        """A plain layer's; None for any other, whose logits it has to compute itself."""
        return cls(layer.weight, layer.bias) if type(layer) is nn.Linear else None


@dataclass(frozen=True, slots=True)
class Whole:
    """A teacher's logarithms of all probabilities (rows x vocabulary), at the temperature of the loss."""

    logs: Tensor


@dataclass(frozen=True, slots=True)
class Few:
    """A teacher's logarithms at some tokens (rows x k) of each row.

    With `rest`, `logs` has one more column: of all other tokens together. Without, they are shares of drawn tokens
    (https://arxiv.org/abs/2503.16870); what is not used of a row has the logarithm minus infinity.
    """

    logs: Tensor
    tokens: Tensor
    rest: bool = True


@dataclass(frozen=True, slots=True)
class Live:
    """A teacher that stands in memory: its hidden states at the rows, and its head."""

    hidden: Tensor
    head: Head


Signal = Whole | Few | Live


def divergence(hidden: Tensor, head: Head, signal: Signal, *, temperature: float = 1.0, beta: float = 0.0) -> Tensor:
    """The divergence of student and teacher, summed over the rows, in nats; `hidden` is (rows x width)."""
    found: Tensor = _Fused.apply(hidden, head.weight, head.bias, signal, temperature, beta)  # type: ignore[no-untyped-call]
    return found


def entropy(hidden: Tensor, head: Head, labels: Tensor) -> Tensor:
    """The cross entropy of the tokens `labels` (rows), summed, in nats."""
    found: Tensor = _Fused.apply(hidden, head.weight, head.bias, labels, 1.0, 0.0)  # type: ignore[no-untyped-call]
    return found


class _Fused(torch.autograd.Function):
    """Loss and gradient together; the gradient is kept for the way back."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        said: "Signal | Tensor",
        temperature: float,
        beta: float,
    ) -> Tensor:
        wanted = ctx.needs_input_grad[:3]
        with torch.autocast(hidden.device.type, enabled=False):
            loss, grads = _pieces(hidden, Head(weight, bias), said, temperature, beta, wanted)
        ctx.save_for_backward(*[each for each in grads if each is not None])
        ctx.places = [each is not None for each in grads]
        return loss

    @staticmethod
    def backward(ctx: Any, above: Tensor) -> tuple[Any, ...]:
        kept = iter(ctx.saved_tensors)
        grads = [next(kept) * above if there else None for there in ctx.places]
        return (*grads, None, None, None)


def _pieces(
    hidden: Tensor, head: Head, said: "Signal | Tensor", temperature: float, beta: float, wanted: tuple[bool, ...]
) -> tuple[Tensor, list[Tensor | None]]:
    """The loss, and the gradients of hidden states, weight and bias as far as they are wanted."""
    weight, bias = head.weight, head.bias
    into, of_weight, of_bias = (
        torch.zeros_like(each) if each is not None and want else None
        for each, want in zip((hidden, weight, bias), wanted, strict=True)
    )
    states = hidden if weight is None else hidden.to(weight.dtype)
    vocabulary = hidden.shape[-1] if weight is None else weight.shape[0]
    size = max(PIECE.get(hidden.device.type, PIECE["cuda"]) // (4 * vocabulary), 1)
    loss = torch.zeros((), dtype=torch.float64, device=hidden.device)
    for start in range(0, len(hidden), size):
        rows = slice(start, start + size)
        logits = _logits(states[rows], head).div_(temperature)
        loss += (
            _entropy(logits, said[rows]) if isinstance(said, Tensor) else _apart(logits, said, rows, temperature, beta)
        )
        logits.mul_(temperature)  # by the squared temperature, less once: the logits were divided
        grads = logits if weight is None else logits.to(weight.dtype)
        if into is not None:
            into[rows] = grads if weight is None else grads @ weight
        if of_weight is not None:
            of_weight.addmm_(grads.T, states[rows])
        if of_bias is not None:
            of_bias += logits.sum(0)
    return (loss * temperature**2).float(), [into, of_weight, of_bias]


def _logits(states: Tensor, head: Head) -> Tensor:
    """A new tensor (rows x vocabulary) in float32."""
    if head.weight is None:
        return states.float().clone()
    found = states @ head.weight.T
    return (found if head.bias is None else found.add_(head.bias)).float()


def _entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """The cross entropy; `logits` become its gradient."""
    norm = _norm(logits)
    places = labels[:, None]
    loss = (norm - logits.gather(1, places)).sum(dtype=torch.float64)
    logits.sub_(norm).exp_()
    logits.scatter_add_(1, places, torch.full_like(places, -1, dtype=logits.dtype))
    return loss


def _apart(logits: Tensor, signal: Signal, rows: slice, temperature: float, beta: float) -> Tensor:
    """The divergence at some rows; `logits`, at the temperature, become its gradient."""
    norm = _norm(logits)
    if isinstance(signal, Few):
        return _few(logits, norm, signal, rows, beta)
    if isinstance(signal, Live):
        heard = _logits(signal.hidden[rows].to(_type_of(signal.head, logits)), signal.head).div_(temperature)
        heard.sub_(_norm(heard))
    else:
        heard = signal.logs[rows]
    return _whole(logits, norm, heard, beta)


def _type_of(head: Head, logits: Tensor) -> torch.dtype:
    return logits.dtype if head.weight is None else head.weight.dtype


def _norm(logits: Tensor) -> Tensor:
    """log sum exp (rows x 1), tile by tile."""
    parts = [torch.logsumexp(tile, -1, keepdim=True) for tile in torch.split(logits, TILE, -1)]
    return torch.logsumexp(torch.cat(parts, -1), -1, keepdim=True)


def _whole(logits: Tensor, norm: Tensor, heard: Tensor, beta: float) -> Tensor:
    """Against all of the teacher's logarithms (rows x vocabulary)."""
    loss = torch.zeros(len(logits), 1, dtype=torch.float64, device=logits.device)
    mass = torch.zeros(len(logits), 1, dtype=logits.dtype, device=logits.device)
    tiles = list(zip(torch.split(logits, TILE, -1), torch.split(heard, TILE, -1), strict=True))
    for mine, theirs in tiles:
        one, other = mine.sub_(norm), theirs.float()
        if beta == 0:
            told = other.exp()
            loss += (told * (other - one)).sum(-1, keepdim=True, dtype=torch.float64)
            mass += told.sum(-1, keepdim=True)
        elif beta == 1:
            mass += (one.exp() * (one - other)).sum(-1, keepdim=True)
        else:
            both = _mixture(one, other, beta)
            mine_apart = (one.exp() * (one - both)).sum(-1, keepdim=True)
            mass += mine_apart
            loss += beta * (other.exp() * (other - both)).sum(-1, keepdim=True, dtype=torch.float64)
    for one, theirs in tiles:
        other = theirs.float()
        if beta == 0:
            one.exp_().mul_(mass).sub_(other.exp())
        elif beta == 1:
            one.copy_(one.exp() * (one - other - mass))
        else:
            one.copy_(one.exp() * (one - _mixture(one, other, beta) - mass) * (1 - beta))
    if beta:
        loss += (1 if beta == 1 else 1 - beta) * mass.double()
    return loss.sum()


def _few(logits: Tensor, norm: Tensor, signal: Few, rows: slice, beta: float) -> Tensor:
    """Against some tokens of each row, with or without what is left beside them."""
    tokens, other = signal.tokens[rows].long(), signal.logs[rows].float().clamp(min=-100)
    chosen = logits.gather(1, tokens) - norm
    if signal.rest:
        left = 1 - chosen.exp().sum(-1, keepdim=True)
        one = torch.cat([chosen, left.clamp(min=LEAST).log()], -1)
    else:
        left = one = chosen
    told = other.exp() if signal.rest else other.exp() * (signal.logs[rows] > -math.inf)
    if beta == 0:
        loss, grads = told * (other - one), -told
    elif beta == 1:
        loss = one.exp() * (one - other)
        grads = loss + one.exp()
    else:
        both = _mixture(one, other, beta)
        loss = beta * told * (other - both) + (1 - beta) * one.exp() * (one - both)
        grads = (1 - beta) * one.exp() * (one - both)
    if signal.rest:  # what is left is one less the chosen: its gradient goes on to them
        beside = torch.where(left > LEAST, grads[:, -1:] / left.clamp(min=LEAST), 0.0)
        grads = grads[:, :-1] - beside * chosen.exp()
    logits.sub_(norm).exp_().mul_(-grads.sum(-1, keepdim=True))
    logits.scatter_add_(1, tokens, grads)
    return loss.sum(dtype=torch.float64)


def _mixture(one: Tensor, other: Tensor, beta: float) -> Tensor:
    """log(beta teacher + (1 - beta) student)."""
    return torch.logaddexp(other + math.log(beta), one + math.log1p(-beta))
