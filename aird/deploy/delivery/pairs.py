"""Which of two answers to the same question is preferred, over many questions, however often one looks. Pure.

A tie is worth half to both. The candidate passes when its share of the preferences is shown to lie above a half less
the margin, or when it is clearly preferred; it fails when the baseline clearly is.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aird.deploy.delivery import evidence
from aird.deploy.delivery.evidence import Count

SURE = 20.0


@dataclass(frozen=True)
class Votes:
    """How often which answer was preferred."""

    candidate: int = 0
    baseline: int = 0
    same: int = 0

    @property
    def judged(self) -> int:
        """How many pairs were looked at."""
        return self.candidate + self.baseline + self.same

    @property
    def share(self) -> float:
        """The candidate's share, ties halved; a half of none."""
        return (self.candidate + self.same / 2) / self.judged if self.judged else 0.5


@dataclass(frozen=True)
class Preference:
    """What the votes say: the candidate's share with its bounds, and how sure it is that one is preferred."""

    votes: Votes
    low: float
    high: float
    factor: float

    @property
    def is_worse(self) -> bool:
        """Whether the baseline is clearly preferred."""
        return self.factor > SURE and self.votes.share < 0.5

    @property
    def is_better(self) -> bool:
        """Whether the candidate is clearly preferred."""
        return self.factor > SURE and self.votes.share > 0.5

    def is_no_worse(self, margin: float) -> bool:
        """Whether the candidate's share is shown to lie above a half less the margin."""
        return self.is_better or self.low > 0.5 - margin


def read(votes: Votes, *, error: float = 0.05) -> Preference:
    """What the votes say, wrong with at most `error` on either side at every look."""
    lost = votes.baseline + votes.same / 2
    won = votes.judged - lost
    if not votes.judged:
        return Preference(votes, 0.0, 1.0, 1.0)
    low, high = evidence.bounds(Count(won, votes.judged), error)
    return Preference(votes, low, high, evidence.uneven(won, lost))


def counted(votes: Votes, *, identical: int, waiting: int) -> Votes:
    """The votes with the pairs of identical answers, which are ties that nobody has to look at.

    While others wait, identical ones count for as many as of the others were judged: what is counted is then a sample
    of all pairs, and a candidate does not pass by the answers that it has in common with the baseline.
    """
    judged = votes.judged
    ties = identical * judged // (judged + waiting) if waiting else identical
    return replace(votes, same=votes.same + ties)


def question_of(messages: Sequence[Mapping[str, Any]]) -> str:
    """A conversation as people read it."""
    return "\n\n".join(f"{each.get('role')}: {_text(each.get('content'))}" for each in messages)


def _text(content: object) -> str:
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def judge_question(question: str, first: str, second: str) -> str:
    """What a judging model is asked. It is asked twice, with the answers the other way round."""
    return (
        "Two answers to one question are to be compared. Say which is better: correct, complete, to the point.\n\n"
        f"Question:\n{question}\n\nAnswer A:\n{first}\n\nAnswer B:\n{second}\n\n"
        "Reply with one word: A, B or SAME."
    )


def judged(reply: str) -> str | None:
    """What a judge said: `first`, `second` or `same`; None when it said none of them."""
    word = reply.strip().strip("*.\"'()").partition(" ")[0].partition("\n")[0].strip("*.:,\"'()").upper()
    return {"A": "first", "B": "second", "SAME": "same"}.get(word)


def agreed(straight: str | None, turned: str | None) -> str | None:
    """What both replies of a judge say together; one that goes by the place and not by the answer says `same`."""
    if straight is None or turned is None:
        return None
    other = {"first": "second", "second": "first"}.get(turned, "same")
    return straight if straight == other else "same"
