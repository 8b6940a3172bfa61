"""Write a README.md with the YAML that model clients read: for versions that came without one. Pure.

The Hub knows the relations adapter, merge, quantized and finetune. A distilled model is a `finetune` of its student
with the tag `distillation`, and the block `aird:` says exactly which versions it was made from.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

from aird.catalog.models import Kind, Relation


@dataclass(frozen=True)
class ParentFact:
    """A version that this one was made from."""

    ref: str
    relation: Relation
    weight: float | None = None


@dataclass(frozen=True)
class SkillFact:
    """A measured score with its 95 % interval."""

    suite: str
    metric: str
    score: float
    low: float
    high: float
    items: int


@dataclass(frozen=True)
class Facts:
    """All that a card is written from."""

    ref: str
    digest: str
    title: str
    kind: Kind
    parameters: int
    description: str = ""
    notes: str = ""
    licence: str = ""
    restrictions: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    base: str | None = None
    parents: list[ParentFact] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)
    skills: list[SkillFact] = field(default_factory=list)
    successor: str | None = None


def readme(metadata: dict[str, Any], body: str) -> str:
    """The two parts of a README as one text."""
    head = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True, width=110) if metadata else ""
    return f"---\n{head}---\n{body}" if head else body


def metadata(facts: Facts) -> dict[str, Any]:
    """What the card's YAML says of the version."""
    relation, bases, extra = _descent(facts)
    found: dict[str, Any] = {
        "license": facts.licence,
        "library_name": "peft" if facts.kind is Kind.ADAPTER else "transformers",
        "pipeline_tag": "text-generation",
        "tags": list(dict.fromkeys([*facts.tags, *extra])),
        "base_model": bases[0] if len(bases) == 1 else bases,
        "base_model_relation": relation,
        "datasets": list(dict.fromkeys(_repo(each) for each in facts.datasets)),
        "new_version": _repo(facts.successor) if facts.successor else None,
        "model-index": _index(facts),
        "aird": {
            "version": facts.ref,
            "digest": facts.digest,
            "parents": [_parent(each) for each in facts.parents],
            "datasets": facts.datasets,
            "restrictions": facts.restrictions,
        },
    }
    return {key: value for key, value in found.items() if value}


def body(facts: Facts) -> str:
    """The Markdown below it: what the catalog knows, in a few lines and a table."""
    lines = [f"# {facts.title}", ""]
    lines += [each + "\n" for each in (facts.description, facts.notes) if each]
    lines += [f"Version `{facts.ref}`, {facts.kind}, {facts.parameters:,} parameters.", ""]
    if facts.base:
        lines += [f"It needs its base `{facts.base}`.", ""]
    if facts.skills:
        lines += ["| exam | measure | score | 95 % interval | items |", "|---|---|---|---|---|"]
        lines += [
            f"| {each.suite} | {each.metric} | {each.score:.3f} | {each.low:.3f} to {each.high:.3f} | {each.items} |"
            for each in facts.skills
        ]
        lines.append("")
    return "\n".join(lines)


def _descent(facts: Facts) -> tuple[str | None, list[str], list[str]]:
    """(relation, base models, tags) in the Hub's words."""
    by: dict[Relation, list[str]] = {}
    for each in facts.parents:
        by.setdefault(each.relation, []).append(_repo(each.ref))
    base = [_repo(facts.base)] if facts.base else []
    if Relation.MERGE in by:
        return "merge", _once(by[Relation.MERGE]), ["merge"]
    if Relation.QUANTIZED in by:
        return "quantized", _once(by[Relation.QUANTIZED]), []
    if Relation.EXPORTED in by:
        return "quantized", _once(by[Relation.EXPORTED]), ["gguf"]
    if Relation.TEACHER in by:
        return "finetune", _once(by.get(Relation.STUDENT) or base or by[Relation.TEACHER]), ["distillation"]
    if base:
        return "adapter", base, []
    tuned = by.get(Relation.CONTINUED) or by.get(Relation.STUDENT)
    return ("finetune", _once(tuned), []) if tuned else (None, [], [])


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _repo(ref: str) -> str:
    """The name of the model alone: what the Hub calls a repository."""
    return ref.partition("@")[0]


def _parent(parent: ParentFact) -> dict[str, Any]:
    found: dict[str, Any] = {"version": parent.ref, "relation": parent.relation.value}
    return found if parent.weight is None else {**found, "weight": parent.weight}


def _index(facts: Facts) -> list[dict[str, Any]]:
    results = [
        {
            "task": {"type": "text-generation"},
            "dataset": {"type": each.suite, "name": each.suite},
            "metrics": [
                {
                    "type": each.metric,
                    "value": each.score,
                    "args": {"low": each.low, "high": each.high, "items": each.items},
                }
            ],
        }
        for each in facts.skills
    ]
    return [{"name": _repo(facts.ref), "results": results}] if results else []
