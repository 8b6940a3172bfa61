"""The log as a file: JSON lines that can be verified without aird, or a table for a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum

from aird.audit.models import AuditEntry

COLUMNS = ("seq", "at", "actor", "event", "subject", "subject_id", "reason", "details", "previous", "hash")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute instead of showing it."""


class Form(StrEnum):
    """How the log is written down."""

    JSONL = "jsonl"
    CSV = "csv"


MEDIA = {Form.JSONL: "application/x-ndjson", Form.CSV: "text/csv; charset=utf-8"}


def jsonl_lines(found: Iterable[AuditEntry]) -> Iterator[str]:
    """One entry a line, written as the hash covers it: sorted keys, no spaces."""
    for entry in found:
        row = {"seq": entry.seq, **entry.content(), "previous": entry.previous, "hash": entry.hash}
        yield json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def csv_lines(found: Iterable[AuditEntry]) -> Iterator[str]:
    """A header and one row for each entry (RFC 4180); a text that looks like a formula is quoted by an apostrophe."""
    yield _row(COLUMNS)
    for entry in found:
        details = json.dumps(entry.details, ensure_ascii=False, sort_keys=True)
        at, subject_id = entry.at.isoformat(timespec="microseconds"), str(entry.subject_id or "")
        texts = (entry.actor_name, entry.event, entry.subject, subject_id, entry.reason, details)
        yield _row((str(entry.seq), at, *(_harmless(each) for each in texts), entry.previous, entry.hash))


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
