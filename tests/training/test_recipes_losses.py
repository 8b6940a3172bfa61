"""The losses of distillation against the formula, in float64 and step by step; TRL's own function where it is there."""

import importlib
import importlib.util
import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from aird.training.recipes import losses, teacher
from aird.training.recipes.losses import Few, Head, Live, Whole
from aird.training.settings_distill import DistillSettings, shared_room

MIXINGS = [0.0, 0.1, 0.5, 0.9, 1.0]


def sides(rows: int = 7, vocabulary: int = 300, width: int = 24, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Hidden states, head and bias of a student, hidden states and head of a teacher."""
    random = torch.Generator().manual_seed(0)
    shapes = (rows, width), (vocabulary, width), (vocabulary,), (rows, width), (vocabulary, width)
    drawn = [torch.randn(shape, generator=random, dtype=torch.float64) * 0.7 for shape in shapes]
    return [each.to(dtype).requires_grad_(place < 3) for place, each in enumerate(drawn)]


def by_definition(student: Tensor, told: Tensor, temperature: float, beta: float) -> Tensor:
    """JSD_beta(P, Q) = beta KL(P | M) + (1 - beta) KL(Q | M), M = beta P + (1 - beta) Q, from probabilities; summed."""
    q, p = (torch.softmax(each.double() / temperature, -1) for each in (student, told))
    m = beta * p + (1 - beta) * q
    one, other = ((each * (each / m).log()).sum() for each in (p, q))
    if beta in (0, 1):
        return ((p * (p / q).log()) if beta == 0 else (q * (q / p).log())).sum() * temperature**2
    return (beta * one + (1 - beta) * other) * temperature**2


def same(ours: Tensor, expected: Tensor, of: Sequence[Tensor], error: float = 1e-5) -> bool:
    """Whether value and gradients agree."""
    pairs = zip(torch.autograd.grad(ours, of), torch.autograd.grad(expected, of), strict=True)
    assert all(float((one - other).norm() / other.norm()) < error for one, other in pairs)
    return float(ours.detach()) == pytest.approx(float(expected.detach()), rel=error)


@pytest.fixture(params=["whole", "pieces"])
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once, and three rows and a hundred tokens at a time."""
    if request.param == "pieces":
        monkeypatch.setitem(losses.PIECE, "cpu", 4 * 300 * 3)
        monkeypatch.setattr(losses, "TILE", 100)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("beta", MIXINGS)
@pytest.mark.usefixtures("pieces")
def test_value_and_gradients_are_those_of_the_formula(beta: float, temperature: float) -> None:
    hidden, weight, bias, heard, other = sides()
    head, of = Head(weight, bias), (hidden, weight, bias)
    expected = by_definition(hidden.double() @ weight.double().T + bias.double(), heard @ other.T, temperature, beta)
    live = losses.divergence(hidden, head, Live(heard, Head(other)), temperature=temperature, beta=beta)
    assert same(live, expected, of)
    expected = by_definition(hidden.double() @ weight.double().T + bias.double(), heard @ other.T, temperature, beta)
    logs = Whole(torch.log_softmax(heard @ other.T / temperature, -1))
    assert same(losses.divergence(hidden, head, logs, temperature=temperature, beta=beta), expected, of)


@pytest.mark.parametrize("beta", MIXINGS)
@pytest.mark.usefixtures("pieces")
def test_value_and_gradient_are_those_of_trl(beta: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    theirs = trl_loss()
    hidden, weight, bias, heard, other = sides()
    student, told = (hidden @ weight.T + bias)[None], (heard @ other.T)[None]
    expected = theirs(student, told, beta=beta, temperature=1.0, reduction="sum")
    ours = losses.divergence(hidden, Head(weight, bias), Live(heard, Head(other)), beta=beta)
    assert same(ours, expected, (hidden, weight, bias))


def trl_loss() -> Any:
    if importlib.util.find_spec("trl") is None:
        pytest.skip("trl is not installed")
    return importlib.import_module("trl.experimental.gkd").GKDTrainer.generalized_jsd_loss


@pytest.mark.usefixtures("pieces")
def test_the_cross_entropy_is_that_of_torch() -> None:
    hidden, weight, bias, *_ = sides()
    labels = torch.arange(7) * 40
    expected = torch.nn.functional.cross_entropy(hidden @ weight.T + bias, labels, reduction="sum")
    assert same(losses.entropy(hidden, Head(weight, bias), labels), expected, (hidden, weight, bias))


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("beta", MIXINGS)
@pytest.mark.usefixtures("pieces")
def test_some_tokens_and_a_bucket_are_a_small_vocabulary(beta: float, temperature: float) -> None:
    hidden, weight, _, heard, other = sides(dtype=torch.float64)
    logs = torch.log_softmax(heard @ other.T / temperature, -1)
    top, tokens = logs.topk(20, -1)
    few = Few(torch.cat([top, teacher.rest_of(top)], -1), tokens)
    ours = losses.divergence(hidden.float(), Head(weight.float()), few, temperature=temperature, beta=beta)

    def gathered(all_logs: Tensor) -> Tensor:
        kept = all_logs.gather(1, tokens)
        return torch.cat([kept, (1 - kept.exp().sum(-1, keepdim=True)).log()], -1)

    mine = gathered(torch.log_softmax(hidden @ weight.T / temperature, -1))
    expected = by_definition(mine, gathered(logs), 1.0, beta) * temperature**2
    assert same(ours, expected, (hidden, weight), error=2e-5)


def test_drawn_tokens_have_the_gradient_of_their_shares() -> None:
    hidden, weight, *_ = sides()
    shares = torch.zeros(7, 300)
    shares[:, 5], shares[:4, 9], shares[4:, 5] = 0.25, 0.75, 1.0
    tokens = torch.tensor([[5, 9]] * 4 + [[5, 0]] * 3)
    logs = torch.tensor([[0.25, 0.75]] * 4 + [[1.0, 0.0]] * 3).log()
    ours = losses.divergence(hidden, Head(weight), Few(logs, tokens, rest=False))
    entropy = float(torch.special.entr(shares).sum())
    expected = -(shares * torch.log_softmax(hidden @ weight.T, -1)).sum() - entropy
    assert same(ours, expected, (hidden, weight))


def test_many_draws_come_close_to_all_probabilities() -> None:
    hidden, weight, _, heard, other = sides()
    logs = torch.log_softmax(heard @ other.T, -1)
    drawn = teacher._drawn(logs, 20_000, torch.Generator().manual_seed(0))
    ours = losses.divergence(hidden, Head(weight), Few(*drawn, rest=False))  # type: ignore[arg-type]
    one, whole = (torch.autograd.grad(each, hidden)[0].flatten() for each in (
        ours, losses.divergence(hidden, Head(weight), Whole(logs))
    ))  # fmt: skip
    assert float(torch.cosine_similarity(one, whole, dim=0)) > 0.999


def test_logits_that_a_head_has_rescaled_are_compared_as_they_are() -> None:
    told = torch.randn(5, 50, generator=torch.Generator().manual_seed(1))
    logits = torch.randn(5, 50, generator=torch.Generator().manual_seed(2), requires_grad=True)
    ours = losses.divergence(logits, Head(None), Live(told, Head(None)), beta=0.5)
    assert same(ours, by_definition(logits, told, 1.0, 0.5), [logits])


def test_a_loss_never_holds_the_logits_of_all_rows() -> None:
    hidden, weight, _, heard, other = sides(rows=2048, vocabulary=8192)
    live = Live(heard, Head(other))
    losses.divergence(hidden[:8], Head(weight), Live(heard[:8], Head(other)))  # what torch allocates once
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        losses.divergence(hidden, Head(weight.detach()), live).backward()  # type: ignore[no-untyped-call]
    largest = max(event.self_cpu_memory_usage for event in seen.events())
    assert largest <= losses.PIECE["cpu"]


def test_a_jensen_shannon_divergence_is_bounded_where_the_others_are_not() -> None:
    apart, told = torch.tensor([[40.0, 0.0]]), Whole(torch.log_softmax(torch.tensor([[0.0, 40.0]]), -1))
    assert float(losses.divergence(apart, Head(None), told, beta=0.5)) == pytest.approx(math.log(2))
    assert float(losses.divergence(apart, Head(None), told, beta=0.0)) == pytest.approx(40)


def test_the_settings_name_the_divergence() -> None:
    assert DistillSettings().mixing == 0
    assert DistillSettings(loss="reverse_kl").mixing == 1
    assert DistillSettings(loss="jsd", beta=0.3).mixing == 0.3


def test_of_more_items_than_fit_each_subject_gives_the_same_share() -> None:
    assert shared_room([100, 3, 50], 23) == [10, 3, 10]


def test_items_that_fit_are_all_taken() -> None:
    assert shared_room([1, 2], 3) == [1, 2]
    assert shared_room([], 3) == []
