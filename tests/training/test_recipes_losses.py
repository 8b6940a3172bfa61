"""The losses of distillation against the formula, in float64 and step by step; TRL's own function where it is there."""

import importlib
import importlib.util
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from aird.training.recipes import distill, teacher
from aird.training.settings_distill import DistillSettings

MIXINGS = [0.0, 0.1, 0.5, 0.9, 1.0]


def logits(rows: int = 7, vocabulary: int = 300) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    student, told = (torch.randn(rows, vocabulary, generator=random) * 4 for _ in range(2))
    return student.requires_grad_(), told


def by_definition(student: Tensor, told: Tensor, temperature: float, beta: float) -> Tensor:
    """JSD_beta(P, Q) = beta KL(P | M) + (1 - beta) KL(Q | M), M = beta P + (1 - beta) Q, from probabilities."""
    q, p = (torch.softmax(each.double() / temperature, -1) for each in (student, told))
    m = beta * p + (1 - beta) * q
    one, other = ((each * (each / m).log()).sum(-1).mean() for each in (p, q))
    if beta in (0, 1):
        return ((p * (p / q).log()) if beta == 0 else (q * (q / p).log())).sum(-1).mean() * temperature**2
    return (beta * one + (1 - beta) * other) * temperature**2


def gradient(loss: Tensor, of: Tensor) -> Tensor:
    return torch.autograd.grad(loss, of)[0]


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("beta", MIXINGS)
def test_value_and_gradient_are_those_of_the_formula(beta: float, temperature: float) -> None:
    student, told = logits()
    ours = teacher.divergence(student, torch.log_softmax(told / temperature, -1), None, temperature, beta)
    expected = by_definition(student, told, temperature, beta)
    assert float(ours.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
    wanted = gradient(expected, student)
    assert float((gradient(ours, student) - wanted).norm() / wanted.norm()) < 1e-5


@pytest.mark.parametrize("beta", MIXINGS)
def test_the_loss_is_the_one_of_trl(beta: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    theirs = trl_loss()
    student, told = logits()
    expected = theirs(student[None], told[None], beta=beta, temperature=1.0, reduction="sum") / len(told)
    ours = teacher.divergence(student, torch.log_softmax(told, -1), None, 1.0, beta)
    wanted = gradient(expected, student)
    assert float(ours.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
    assert float((gradient(ours, student) - wanted).norm() / wanted.norm()) < 1e-5


def trl_loss() -> Any:
    if importlib.util.find_spec("trl") is None:
        pytest.skip("trl is not installed")
    return importlib.import_module("trl.experimental.gkd").GKDTrainer.generalized_jsd_loss


@pytest.mark.parametrize("beta", MIXINGS)
def test_top_tokens_and_a_bucket_come_close_to_the_whole_vocabulary(beta: float) -> None:
    student, told = logits(vocabulary=6000)
    logs = torch.log_softmax(told, -1)
    top, tokens = logs.topk(5900, dim=-1)
    sparse = torch.cat([top, teacher.rest_of(top)], dim=-1)
    ours = teacher.divergence(student, sparse, tokens, 1.0, beta)
    assert float(ours.detach()) == pytest.approx(float(by_definition(student, told, 1.0, beta).detach()), rel=0.02)


def test_a_jensen_shannon_divergence_is_bounded_where_the_others_are_not() -> None:
    apart, told = torch.tensor([[40.0, 0.0]]), torch.log_softmax(torch.tensor([[0.0, 40.0]]), -1)
    assert float(teacher.divergence(apart, told, None, 1.0, 0.5)) == pytest.approx(math.log(2))
    assert float(teacher.divergence(apart, told, None, 1.0, 0.0)) == pytest.approx(40)


def test_the_settings_name_the_divergence() -> None:
    assert DistillSettings().mixing == 0
    assert DistillSettings(loss="reverse_kl").mixing == 1
    assert DistillSettings(loss="jsd", beta=0.3).mixing == 0.3


def test_of_more_items_than_fit_each_subject_gives_the_same_share() -> None:
    subjects = [[{"n": n} for n in range(many)] for many in (100, 3, 50)]
    drawn = distill._drawn(subjects, 23, seed=0)
    assert [len(each) for each in drawn] == [10, 3, 10]
    assert all(item in subjects[i] for i, items in enumerate(drawn) for item in items)
    assert drawn == distill._drawn(subjects, 23, seed=0)


def test_items_that_fit_are_all_taken() -> None:
    subjects = [[{"n": 1}], [{"n": 2}, {"n": 3}]]
    assert distill._drawn(subjects, 3, seed=0) == subjects
