"""How strong figures speak, however often one looks at them. Pure; standard library only.

*worse* is a Bayes factor: how much better "the candidate's rate is higher" explains both counts than "they are the
same" does, with flat priors (Kass and Raftery, Bayes Factors, JASA 1995; 20 and more they call strong). *bounds* is a
confidence sequence: by Ville's inequality the interval holds the true rate at every look at once with 1 - `error`
(Robbins, Statistical methods related to the law of the iterated logarithm, 1970; here with a flat mixture).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import erf, exp, inf, lgamma, log, log1p, sqrt

EXACT_BELOW = 100
"""Posteriors with more of each outcome than this are compared as normal distributions."""


@dataclass(frozen=True)
class Count:
    """How many of `total` went badly; halves are possible where something is worth half."""

    bad: float
    total: float

    @property
    def good(self) -> float:
        """The rest."""
        return self.total - self.bad

    @property
    def rate(self) -> float:
        """The share of bad ones; 0 of none."""
        return self.bad / self.total if self.total else 0.0


def worse(baseline: Count, candidate: Count) -> float:
    """The Bayes factor of "the candidate's rate is higher" against "the rates are equal", for whole counts."""
    apart = _log_beta(1 + baseline.bad, 1 + baseline.good) + _log_beta(1 + candidate.bad, 1 + candidate.good)
    same = _log_beta(1 + baseline.bad + candidate.bad, 1 + baseline.good + candidate.good)
    likely = 2 * higher(baseline, candidate)
    return _exp(apart - same + log(likely)) if likely > 0 else 0.0


def higher(baseline: Count, candidate: Count) -> float:
    """The probability that the candidate's rate is the higher one, after flat priors."""
    if min(baseline.bad, baseline.good, candidate.bad, candidate.good) > EXACT_BELOW:
        spread = sqrt(_variance(baseline) + _variance(candidate))
        return (1 + erf((candidate.rate - baseline.rate) / spread / sqrt(2))) / 2
    counts = {
        "candidate bad": candidate.bad,
        "baseline good": baseline.good,
        "baseline bad": baseline.bad,
        "candidate good": candidate.good,
    }
    # One sum over the rarest outcome; by symmetry each of the four will do.
    match min(counts, key=lambda name: counts[name]):
        case "candidate bad":
            return _above(baseline.bad, baseline.good, candidate.bad, candidate.good)
        case "baseline good":
            return _above(candidate.good, candidate.bad, baseline.good, baseline.bad)
        case "baseline bad":
            return 1 - _above(candidate.bad, candidate.good, baseline.bad, baseline.good)
        case _:
            return 1 - _above(baseline.good, baseline.bad, candidate.good, candidate.bad)


def _above(bad: float, good: float, other_bad: float, other_good: float) -> float:
    """P(other > one) of two Beta(1 + bad, 1 + good): a finite sum over the other's bad ones."""
    a, b, c, d = 1 + bad, 1 + good, 1 + other_bad, 1 + other_good
    whole = _log_beta(a, b)
    terms = (exp(_log_beta(a + i, b + d) - log(d + i) - _log_beta(1 + i, d) - whole) for i in range(int(c)))
    return min(1.0, sum(terms))


def uneven(first: float, second: float) -> float:
    """The Bayes factor of "one of the two is preferred" against a fair coin; halves stand for ties.

    A tie moves it less than any fair outcome would, so ties never make it speak too early.
    """
    return _exp(_log_beta(1 + first, 1 + second) + (first + second) * log(2))


def bounds(count: Count, error: float) -> tuple[float, float]:
    """The rates that the count does not rule out, at every look at once with 1 - `error`."""
    limit = log(1 / error)
    evidence = _log_beta(1 + count.bad, 1 + count.good)

    def refuted(rate: float) -> bool:
        return evidence - _log_likelihood(count, rate) >= limit

    low = 0.0 if not count.bad else _edge(refuted, 0.0, count.rate)
    high = 1.0 if not count.good else _edge(refuted, 1.0, count.rate)
    return low, high


def excess(baseline: Count, candidate: Count, error: float) -> float:
    """The most by which the candidate's rate may lie above the baseline's, at every look with 1 - `error`."""
    return bounds(candidate, error / 2)[1] - bounds(baseline, error / 2)[0]


def _edge(refuted: Callable[[float], bool], outside: float, inside: float) -> float:
    for _ in range(50):
        middle = (outside + inside) / 2
        if refuted(middle):
            outside = middle
        else:
            inside = middle
    return outside


def _log_likelihood(count: Count, rate: float) -> float:
    bad = count.bad * log(rate) if count.bad else 0.0
    good = count.good * log1p(-rate) if count.good else 0.0
    return bad + good


def _variance(count: Count) -> float:
    a, b = 1 + count.bad, 1 + count.good
    return a * b / ((a + b) ** 2 * (a + b + 1))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _exp(value: float) -> float:
    return exp(value) if value < 700 else inf
