"""The same catalog for both sides: models with words and tags, versions, aliases, a family. Pure, without imports.

Every number comes from a model's place in the list, so that both sides hold the same and are asked the same.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

FAMILY = 1000
CHILDREN = 4
MODELS_OF_FAMILY = 500
PAGE = 50

ADJECTIVES = """
    annual audited brief careful central certified clear compact current daily dense early exact fast final global
    internal joint legal local main mobile monthly open partial plain prompt public quick rapid regional retail sharp
    shared short smart social steady swift
""".split()
NOUNS = """
    account answer auditor booking budget buyer caller claim clerk contract coder customs desk editor expense finder
    forecast grader helper invoice ledger letter mailer memo merger notice order payroll planner policy pricing quote
    reader record refund report review router scanner writer
""".split()
TAGS = tuple(f"topic{n:02}" for n in range(40))
DEPARTMENTS = tuple(f"dept{n:02}" for n in range(20))
TITLES = (
    "客服邮件助手",
    "合同审查",
    "财务报表分析",
    "人事政策问答",
    "采购订单分类",
    "风险控制",
    "会议纪要",
    "代码评审",
)
LICENSES = ("apache-2.0", "mit", "llama3.1")
LANGUAGES = ("zh", "en", "ja", "de")


@dataclass(frozen=True)
class Spec:
    """How large the catalog is."""

    models: int
    versions: int

    @property
    def total(self) -> int:
        """All versions."""
        return self.models * self.versions


@dataclass(frozen=True)
class Line:
    """A model: what both sides say of it. Aliases: `production` is the last version but one, `staging` the last."""

    place: int
    department: str
    word: str
    other: str
    tags: tuple[str, ...]

    @property
    def slug(self) -> str:
        """The second half of its name."""
        return f"{self.other}-{self.word}-{self.place:05}"

    @property
    def title(self) -> str:
        """A Chinese title."""
        return TITLES[self.place % len(TITLES)]

    @property
    def description(self) -> str:
        """A sentence of words that occur elsewhere too."""
        return f"Helps {self.department} with each {self.other} {self.word}; trained on answers of the house."


def lines(spec: Spec) -> Iterator[Line]:
    """Every model."""
    for place in range(spec.models):
        pick = random.Random(place)
        yield Line(
            place,
            pick.choice(DEPARTMENTS),
            pick.choice(NOUNS),
            pick.choice(ADJECTIVES),
            tuple(sorted(pick.sample(TAGS, 3))),
        )


def member(node: int, spec: Spec) -> tuple[int, int]:
    """(place of the model, number of the version) of a node of the family."""
    models = min(spec.models, MODELS_OF_FAMILY)
    return node % models, 1 + node // models


def parent_of(node: int) -> int | None:
    """A tree in which each has four children, five generations below the root."""
    return (node - 1) // CHILDREN if node else None


def searches(count: int) -> list[tuple[str, str]]:
    """(tag, word) to search for."""
    pick = random.Random(1)
    return [(pick.choice(TAGS), pick.choice(NOUNS)) for _ in range(count)]


def places(spec: Spec, count: int) -> list[int]:
    """Models to look up, none of them private."""
    pick = random.Random(2)
    public = [place for place in range(spec.models) if not private(place)]
    return pick.choices(public, k=count)


def private(place: int) -> bool:
    """Every tenth model is for its department alone (on our side; MLflow has no such thing)."""
    return place % 10 == 9
