"""What a signature is about, as one digest. Pure.

A reviewer looks at bytes (the manifest of the version, and that of its base, whose template and tokenizer it speaks
with) and at what is said of them: the rules of the department's gates and what the exams found. The seal covers both:
when any of it is other than it was, what was asked for no longer is what would be signed.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from aird.evaluation.gates import GateReport


@dataclass(frozen=True)
class Evidence:
    """Digests of the version and of its base, None where it stands alone, and the report on its exams."""

    manifest: str
    base: str | None
    report: GateReport


def seal(evidence: Evidence) -> str:
    """`sha256:` over the canonical JSON; the order of the gates' lines is not part of it."""
    lines = sorted(_plain(asdict(line)) for line in evidence.report.lines)
    raw = _plain({"manifest": evidence.manifest, "base": evidence.base, "gates": lines})
    return f"sha256:{hashlib.sha256(raw.encode()).hexdigest()}"


def suites(report: GateReport) -> list[str]:
    """The exams that a signature on this report stands on."""
    return sorted({line.suite for line in report.lines if line.suite})


def _plain(value: Any) -> str:
    return json.dumps(_rounded(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _rounded(value: Any) -> Any:
    """Nine digits: what another processor or database rounds differently is not another finding."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value
