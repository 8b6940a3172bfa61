"""Shapes of mentoring at the API: what a distillation would take, and who should teach whom."""

from typing import Literal

from pydantic import Field

from aird.core.schemas import Finding, Schema
from aird.jobs.needs import Estimate, Needs

Way = Literal["same_base", "same_tokenizer", "text"]
"""How a teacher can speak to a student: as two adapters of one base, token by token, or by its written answers."""


class TeacherEstimate(Schema):
    """One teacher: what it has to read and say. Where all its prompts are `cached`, it does not run at all."""

    version: str
    dataset: str
    split: str
    items: int = Field(description="Prompts that it speaks to.")
    tokens: int = Field(description="Tokens of prompts and answers together, estimated unless cached.")
    way: Way
    cached: int = Field(description="Prompts that it spoke to before: what it said is kept.")
    cached_bytes: int = Field(description="Of the kept answers and probabilities; what they would take when new.")
    flop: float
    seconds: float


class DistillationEstimate(Schema):
    """What a distillation would take, without doing it. Nothing is ordered while a finding says `stop`."""

    model: str
    student: str
    chip: str = Field(description="What the seconds are for: `cpu`, or the flavour of a chip of this house.")
    teachers: list[TeacherEstimate]
    steps: int
    on_policy_steps: int
    items: int = Field(description="Prompts of all teachers.")
    epochs: float = Field(description="How many times the student sees each.")
    tokens: int = Field(description="Tokens that the student reads over all steps.")
    parameters: int = Field(description="Of the student's whole model.")
    trainable: int = Field(description="Parameters that are trained.")
    weights: int = Field(description="Bytes of weights in memory at once; one base whatever the number of teachers.")
    loss_memory: int = Field(description="Bytes that the loss needs at its peak.")
    needs: Needs = Field(description="What the job would ask for.")
    estimate: Estimate
    findings: list[Finding]


class MatchReason(Schema):
    """Why a match is one, or is none; `code` names the sentence for translation."""

    code: str
    message: str
    params: dict[str, object] = Field(default_factory=dict)


class MatchScore(Schema):
    """What a version scored in the skill, with its 95 % interval."""

    score: float
    low: float
    high: float
    items: int


class MatchPrompts(Schema):
    """A data set whose questions the teacher was trained on, and that the actor may read."""

    dataset: str
    split: str
    items: int


class MatchRead(Schema):
    """`teacher` could teach `student` the skill `skill`."""

    teacher: str
    student: str
    skill: str
    way: Way
    teacher_score: MatchScore
    student_score: MatchScore | None = Field(description="None: the student has not sat this exam.")
    gain: float = Field(description="Teacher's score less the student's; less the chance of the exam where unknown.")
    certain: bool = Field(description="Whether the intervals do not overlap.")
    size_ratio: float = Field(description="Parameters of the teacher's whole model over the student's.")
    prompts: list[MatchPrompts]
    licences: list[str] = Field(description="What the student would take over from its teacher.")
    reasons: list[MatchReason]
    stops: list[MatchReason] = Field(description="What stands in the way; empty for a match that can be ordered.")
    recipe: str = Field(description="A recipe of kind Distill to order it with, empty where something stops it.")


class MatchList(Schema):
    """Matches, those that can be ordered first, then by what they promise."""

    items: list[MatchRead]
    skills: list[str] = Field(description="Skills that versions in sight have scores of.")
