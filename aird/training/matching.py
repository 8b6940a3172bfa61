"""Which version should teach which skill to whom: from scores, sizes, tokenizers, licences and rights. Pure.

A match is a teacher that scores higher than a student in one exam. What speaks for it and what stands in its way is
said in sentences with codes; matches without an obstacle come first, then the surest and largest gain.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aird.training.schemas_mentoring import MatchReason, MatchScore, Way

LEAST_GAIN = 0.02
"""A teacher that is better by less has nothing to say."""
LARGER = 1.5
SURE_ITEMS = 100
FORBIDS = ("no-derivatives",)
"""What a licence may ask that a student cannot keep: it is a changed version of what its teacher says."""
NARROWS = ("non-commercial", "research-only", "share-alike")
"""What the student would have to keep from then on."""


@dataclass(frozen=True)
class Candidate:
    """A version that may teach or learn; `parameters` and `base` are those of the whole model that runs.

    `words` is equal for versions that share their tokens. `usable`: whether who asks may use the weights.
    """

    ref: str
    base: str
    base_ref: str
    words: tuple[Any, ...]
    vocabulary: int | None
    parameters: int
    restrictions: tuple[str, ...]
    usable: bool
    in_use: bool = True
    trainable: bool = True
    scores: dict[str, MatchScore] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """One teacher, one student, one skill."""

    teacher: Candidate
    student: Candidate
    skill: str
    way: Way
    gain: float
    certain: bool
    reasons: list[MatchReason]
    stops: list[MatchReason]

    @property
    def taken_over(self) -> list[str]:
        """What rests on the teacher and not on the student yet."""
        return sorted(set(self.teacher.restrictions) - set(self.student.restrictions))


def matches(
    teachers: Sequence[Candidate], students: Sequence[Candidate], skills: Iterable[str], chance: dict[str, float]
) -> list[Match]:
    """Every pair in which the student can gain, best first; `chance` is what guessing scores, by skill."""
    found = [
        match
        for skill in skills
        for student in students
        for teacher in teachers
        if teacher.ref != student.ref and (match := one(teacher, student, skill, chance.get(skill, 0.0))) is not None
    ]
    return ordered(found)


def ordered(found: Sequence[Match]) -> list[Match]:
    """Those that can be ordered first, then the surest, then the largest gain."""
    return sorted(found, key=_order)


def one(teacher: Candidate, student: Candidate, skill: str, chance: float = 0.0) -> Match | None:
    """What speaks for this pair and against it; None where there is nothing to gain."""
    best, own = teacher.scores.get(skill), student.scores.get(skill)
    if best is None:
        return None
    gain = best.score - (own.score if own else chance)
    if gain < LEAST_GAIN:
        return None
    way = _way(teacher, student)
    certain = own is not None and best.low > own.high
    return Match(
        teacher, student, skill, way, gain, certain,
        reasons=list(_reasons(teacher, student, skill, way, certain)), stops=list(_stops(teacher, student)),
    )  # fmt: skip


def _order(match: Match) -> tuple[Any, ...]:
    ways: dict[Way, int] = {"same_base": 0, "same_tokenizer": 1, "text": 2}
    return (
        bool(match.stops), not match.certain, -round(match.gain, 3), ways[match.way], match.teacher.parameters,
        match.skill, match.teacher.ref, match.student.ref,
    )  # fmt: skip


def _way(teacher: Candidate, student: Candidate) -> Way:
    if teacher.words != student.words or teacher.vocabulary != student.vocabulary:
        return "text"
    return "same_base" if teacher.base == student.base else "same_tokenizer"


def _reasons(teacher: Candidate, student: Candidate, skill: str, way: Way, certain: bool) -> Iterable[MatchReason]:
    best, own = teacher.scores[skill], student.scores.get(skill)
    if own is None:
        message = f"{student.ref} has not sat {skill} yet; examine it first to know the gain."
        yield said("never_examined", message, student=student.ref, skill=skill)
    else:
        score, less = f"{best.score:.0%}", f"{own.score:.0%}"
        yield said(
            "surely_better" if certain else "perhaps_better",
            f"{teacher.ref} scores {score}, {student.ref} {less}: {'for sure' if certain else 'perhaps'}.",
            teacher=teacher.ref, score=score, student=student.ref, less=less,
        )  # fmt: skip
    if best.items < SURE_ITEMS:
        yield said("few_items", f"{skill} has {best.items} items: too few to be sure.", items=best.items)
    if way == "same_base":
        yield said(
            "same_base", f"Both run on {teacher.base_ref}: one copy of the weights serves both.", base=teacher.base_ref
        )  # fmt: skip
    elif way == "same_tokenizer":
        yield said("same_tokenizer", "Both share their tokens: the student learns from probabilities.")
    else:
        yield said("other_tokenizer", "Their tokens differ: the student learns from written answers, which say less.")
    ratio = teacher.parameters / max(student.parameters, 1)
    if ratio >= LARGER:
        yield said("larger", f"The teacher's model is {ratio:.1f} times as large.", ratio=ratio)
    elif ratio <= 1 / LARGER:
        yield said("smaller", f"The teacher's model is smaller, {ratio:.2f} times the student's.", ratio=ratio)
    new = sorted({each for each in teacher.restrictions if each in NARROWS} - set(student.restrictions))
    if new:
        yield said("licence_narrows", f"The student would be {', '.join(new)} from then on.", restrictions=new)


def _stops(teacher: Candidate, student: Candidate) -> Iterable[MatchReason]:
    for each in (teacher, student):
        if not each.usable:
            yield said("no_access", f"You may not use the weights of {each.ref}. Ask its owners.", ref=each.ref)
        if not each.in_use:
            yield said("out_of_use", f"{each.ref} or its base is suspended or retired.", ref=each.ref)
    if not student.trainable:
        yield said("eight_bits", f"{student.ref} has weights in eight bits, which are not trained.", ref=student.ref)
    if forbidden := [each for each in FORBIDS if each in teacher.restrictions]:
        yield said("licence_forbids", f"The licence of {teacher.ref} allows no derivatives.", restrictions=forbidden)


def said(code: str, message: str, **params: object) -> MatchReason:
    """A sentence with its code."""
    return MatchReason(code=code, message=message, params=params)
