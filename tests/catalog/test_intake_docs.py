"""docs/intake.md lists every reason for a refusal, and no other."""

import re
from pathlib import Path

from tests.catalog.bad_models import cases

ROOT = Path(__file__).parents[2]
TABLE = set(re.findall(r"^\| `([a-z0-9_]+)` \|", (ROOT / "docs/intake.md").read_text(encoding="utf-8"), re.MULTILINE))
SOURCE = "".join(
    path.read_text(encoding="utf-8")
    for pattern in ("intake/*.py", "uploads.py")
    for path in (ROOT / "aird/catalog").glob(pattern)
)


def test_every_reason_that_a_bad_model_gets_is_in_the_table() -> None:
    assert {reason for bad in cases() for reason in bad.reasons} - TABLE == set()


def test_every_reason_of_the_readers_is_in_the_table() -> None:
    said = set(re.findall(r'reason="([a-z_0-9]+)"', SOURCE))
    said |= set(re.findall(r'_refuse\(\s*"([a-z_0-9]+)",\s*f?"', SOURCE))
    said |= set(re.findall(r'Wrong\("([a-z_0-9]+)"', SOURCE))
    assert len(said) > 30
    assert said - TABLE == set()


def test_the_table_promises_nothing_that_is_not_there() -> None:
    assert {reason for reason in TABLE if f'"{reason}"' not in SOURCE} == set()
