"""What a look comes to: which splits are blocked, and the remarks at the head of the report. Pure."""

from collections.abc import Iterator

from aird.core.schemas import Finding
from aird.datasets.models import Consent, QualityVerdict
from aird.datasets.quality.examine import Looked
from aird.datasets.schemas_quality import FindingKind

MANY = 0.01
"""The share of duplicates from which on they are worth a warning."""


def blocked(looked: Looked) -> list[str]:
    """The splits that nothing may learn from: they hold questions of an exam or too many near ones, or are one."""
    leaking = {leak.split for leak in looked.leaks if leak.exact or leak.blocks_nearly(looked.splits[leak.split].items)}
    return sorted(leaking | set(looked.held_out))


def verdict(looked: Looked, remarks: list[Finding]) -> QualityVerdict:
    """A split that is an exam itself spoils nothing; a leak does."""
    if any(leak.exact or leak.blocks_nearly(looked.splits[leak.split].items) for leak in looked.leaks):
        return QualityVerdict.BLOCKED
    return QualityVerdict.WARNINGS if any(each.level == "warning" for each in remarks) else QualityVerdict.GOOD


def remarks(looked: Looked, consent: Consent) -> list[Finding]:
    """What a reader has to know first, the worst first."""
    return [*_leaks(looked), *_personal(looked, consent), *_twice(looked), *_labels(looked), *_limits(looked)]


def _leaks(looked: Looked) -> Iterator[Finding]:
    for leak in looked.leaks:
        where = {"exam": leak.exam, "split": leak.split}
        if leak.exact:
            yield Finding(
                level="stop",
                code="dataset_leak",
                message=f"{leak.exact} items of {leak.split!r} ask what the exam {leak.exam} asks. Nothing may learn "
                "from this split; make a version without them.",
                params={**where, "items": leak.exact},
            )
        if leak.blocks_nearly(looked.splits[leak.split].items):
            yield Finding(
                level="stop",
                code="dataset_near_leak_blocks",
                message=f"{leak.near} items of {leak.split!r} ask almost what the exam {leak.exam} asks: that is "
                "practice for it. Make a version without them, or permit it with a reason.",
                params={**where, "items": leak.near},
            )
        elif leak.near:
            yield Finding(
                level="warning",
                code="dataset_near_leak",
                message=f"{leak.near} items of {leak.split!r} ask almost what the exam {leak.exam} asks.",
                params={**where, "items": leak.near},
            )


def _personal(looked: Looked, consent: Consent) -> Iterator[Finding]:
    count = sum(sum(kinds.values()) for kinds in looked.personal.values())
    if not count:
        return
    if consent is Consent.UNSTATED:
        yield Finding(
            level="warning",
            code="dataset_personal_unstated",
            message=f"{count} pieces of personal data and nobody has stated the consent: nothing may learn from this "
            "version until somebody does, or until they are left out.",
            params={"found": count},
        )
    else:
        yield Finding(
            level="note",
            code="dataset_personal",
            message=f"{count} pieces of personal data; the consent is stated.",
            params={"found": count},
        )


def _twice(looked: Looked) -> Iterator[Finding]:
    items = sum(split.items for split in looked.splits.values())
    for kind, code, what, least in (
        (FindingKind.STRADDLE, "dataset_straddle", "items ask what another split asks", 1),
        (FindingKind.CONFLICT, "dataset_conflict", "items answer a question in another way than an earlier one", 1),
        (FindingKind.DUPLICATE, "dataset_duplicates", "items are there once more", max(1, items * MANY)),
        (FindingKind.NEAR_DUPLICATE, "dataset_near_duplicates", "items are almost another one", max(1, items * MANY)),
    ):
        count = looked.counts[kind]
        if count >= least:
            yield Finding(level="warning", code=code, message=f"{count} {what}.", params={"items": count})


def _labels(looked: Looked) -> Iterator[Finding]:
    for split, labels in sorted(looked.labels.items()):
        if labels.balance < 0.6:
            yield Finding(
                level="warning",
                code="dataset_unbalanced",
                message=f"The answers of {split!r} are uneven: one of {labels.distinct} makes {labels.majority:.0%}.",
                params={"split": split, "distinct": labels.distinct, "majority": labels.majority},
            )
    for each in looked.coverage:
        if each.covered < each.categories:
            yield Finding(
                level="note",
                code="dataset_coverage",
                message=f"{each.split!r} gives {each.covered} of the {each.categories} answers that {each.exam} asks "
                "for.",
                params={"split": each.split, "exam": each.exam, "covered": each.covered, "categories": each.categories},
            )


def _limits(looked: Looked) -> Iterator[Finding]:
    items = sum(split.items for split in looked.splits.values())
    duplicates = looked.duplicates
    if duplicates is not None and duplicates.examined + duplicates.exact < items and items > duplicates.examined:
        left = items - duplicates.examined - duplicates.exact - duplicates.straddling - duplicates.conflicts
        if left > 0:
            yield Finding(
                level="note",
                code="dataset_near_part",
                message=f"Near duplicates were sought among {duplicates.examined} of {items} items.",
                params={"examined": duplicates.examined, "items": items},
            )
