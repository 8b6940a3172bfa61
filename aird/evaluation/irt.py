"""Item response theory over a company's own versions and items. numpy: loaded by workers only.

Two-parameter logistic model: a version of ability t has item i right with probability 1 / (1 + exp(-(a_i t + d_i))).
Fitted by marginal maximum likelihood with EM over fixed nodes of ability (Bock and Aitkin, 1981,
https://doi.org/10.1007/BF02293801), with weak priors on a and d that keep items apart which everybody or nobody has
right. The anchors and the estimate follow Maia Polo et al. (2024), "tinyBenchmarks", https://arxiv.org/abs/2402.14992:
what was asked counts as it is, what was not as the model expects it of a version that answered like this (p-IRT).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from aird.evaluation.anchors import Estimate, Scores

FEWEST_VERSIONS = 30
NODES = np.linspace(-4, 4, 33)
WEIGHTS = np.exp(-(NODES**2) / 2) / np.exp(-(NODES**2) / 2).sum()
ROUNDS = 40
STEPS = 3
SLOPE, SLOPE_SPREAD, SHIFT_SPREAD = 1.0, 0.3, 3.0
"""A tight prior on slopes: with thirty versions the steepest are mostly luck, and anchors are chosen by slope."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bank:
    """The items' slopes and shifts, in the order of `ids`."""

    ids: list[str]
    slopes: Array
    shifts: Array

    def chances(self, places: Sequence[int] | slice = slice(None)) -> Array:
        """The probability of a right answer, [nodes, items]."""
        return _logistic(NODES[:, None] * self.slopes[places] + self.shifts[places])


def fit(ids: Sequence[str], known: Sequence[Scores]) -> Bank:
    """A bank of the items from versions that sat all of them, right (1) or wrong (0)."""
    answers = np.array([[version[each] for each in ids] for version in known])
    slopes, shifts = np.full(len(ids), SLOPE), np.zeros(len(ids))
    for _ in range(ROUNDS):
        chances = _logistic(NODES[:, None] * slopes + shifts)
        likely = answers @ np.log(chances).T + (1 - answers) @ np.log1p(-chances).T + np.log(WEIGHTS)
        posterior = np.exp(likely - likely.max(1, keepdims=True))
        posterior /= posterior.sum(1, keepdims=True)
        sat, right = posterior.sum(0), posterior.T @ answers
        for _ in range(STEPS):
            slopes, shifts = _newton(slopes, shifts, sat, right)
    return Bank(list(ids), slopes, shifts)


def choose(bank: Bank, count: int) -> list[str]:
    """The items that tell most, spread over the difficulties: the most telling of each of `count` groups."""
    if count >= len(bank.ids):
        return list(bank.ids)
    chances = bank.chances()
    order = np.argsort((WEIGHTS @ chances), kind="stable")
    information = WEIGHTS @ (bank.slopes**2 * chances * (1 - chances))
    groups = np.array_split(order, count)
    return [bank.ids[group[int(np.argmax(information[group]))]] for group in groups]


def estimate(bank: Bank, asked: Mapping[str, float]) -> Estimate:
    """The whole exam by the asked items."""
    known = [place for place, each in enumerate(bank.ids) if each in asked]
    others = [place for place, each in enumerate(bank.ids) if each not in asked]
    answers = np.array([asked[bank.ids[place]] for place in known])
    chances = bank.chances(known)
    likely = np.log(WEIGHTS) + np.log(chances) @ answers + np.log1p(-chances) @ (1 - answers)
    posterior = np.exp(likely - likely.max())
    posterior /= posterior.sum()
    rest = bank.chances(others)
    sums = rest.sum(1)
    mean = float(posterior @ sums)
    variance = float(posterior @ (sums - mean) ** 2 + posterior @ (rest * (1 - rest)).sum(1))
    return Estimate((float(answers.sum()) + mean) / len(bank.ids), sqrt(variance) / len(bank.ids))


def _newton(slopes: Array, shifts: Array, sat: Array, right: Array) -> tuple[Array, Array]:
    """One step of each item's two-parameter logistic regression on expected counts, with its priors."""
    chances = _logistic(NODES[:, None] * slopes + shifts)
    off, weight = right - sat[:, None] * chances, sat[:, None] * chances * (1 - chances)
    g_slope = NODES @ off - (slopes - SLOPE) / SLOPE_SPREAD**2
    g_shift = off.sum(0) - shifts / SHIFT_SPREAD**2
    h_slope = (NODES**2) @ weight + 1 / SLOPE_SPREAD**2
    h_shift = weight.sum(0) + 1 / SHIFT_SPREAD**2
    h_both = NODES @ weight
    determinant = h_slope * h_shift - h_both**2
    slopes = slopes + (h_shift * g_slope - h_both * g_shift) / determinant
    shifts = shifts + (h_slope * g_shift - h_both * g_slope) / determinant
    return np.clip(slopes, 0.05, 5.0), np.clip(shifts, -8.0, 8.0)


def _logistic(x: Array) -> Array:
    return np.clip(1 / (1 + np.exp(-x)), 1e-9, 1 - 1e-9)
