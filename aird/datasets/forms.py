"""The text fields of an upload: how its files are to be read and split."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from aird.core.errors import BadInput
from aird.datasets.layouts import FIELDS, Layout
from aird.datasets.rows import Encoding
from aird.datasets.schemas import CARD_LENGTH

FIELD_NAMES = ("card", "shares", "splits", "columns", "others", "encoding", "dataset")
MOST_ENTRIES = 64
LONGEST_NAME = 200


class FormNotValid(BadInput):
    """The upload's text fields cannot be used"""


@dataclass(frozen=True)
class Form:
    """`shares` deals the items out by split, `splits` says which split a file is; `layout` counts for every file."""

    card: str = ""
    shares: Mapping[str, float] = field(default_factory=dict)
    splits: Mapping[str, str] = field(default_factory=dict)
    layout: Layout | None = None
    encoding: Encoding = "utf-8"
    dataset: str = ""


def parse(fields: Mapping[str, str]) -> Form:
    """Raises FormNotValid."""
    unknown = sorted(set(fields) - set(FIELD_NAMES))
    if unknown:
        raise FormNotValid(f"{unknown[0][:80]!r} is not a field of this form; it has files, {', '.join(FIELD_NAMES)}.")
    card = fields.get("card", "")
    if len(card) > CARD_LENGTH:
        raise FormNotValid(f"The card has {len(card)} characters; at most {CARD_LENGTH} are kept. Shorten it.")
    return Form(
        card=card,
        shares=_shares(fields.get("shares", "")),
        splits=_names("splits", fields.get("splits", ""), "file names to splits"),
        layout=_layout(fields.get("columns", ""), fields.get("others", "")),
        encoding=_encoding(fields.get("encoding", "")),
        dataset=fields.get("dataset", ""),
    )


def _layout(columns: str, others: str) -> Layout | None:
    if others not in ("", "drop", "refuse"):
        raise FormNotValid("`others` says what becomes of columns that no layout knows: drop or refuse.")
    found = _names("columns", columns, "aird's fields to the file's columns")
    stray = sorted(found.keys() - FIELDS)
    if stray:
        known = ", ".join(sorted(FIELDS))
        raise FormNotValid(f"`columns` names {stray[0][:60]!r}, which is no field; known are {known}.")
    return Layout(found, others=others == "drop") if found or others == "drop" else None


def _encoding(text: str) -> Encoding:
    for known in get_args(Encoding):
        if text in ("", known):
            encoding: Encoding = known
            return encoding
    raise FormNotValid(f"`encoding` is one of {', '.join(get_args(Encoding))}.")


def _shares(text: str) -> dict[str, float]:
    found = _object("shares", text, "splits to their shares, which add up to 1")
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in found.values()):
        raise FormNotValid('`shares` maps splits to numbers, for example {"train": 0.9, "exam": 0.1}.')
    return {name: float(each) for name, each in found.items()}


def _names(name: str, text: str, what: str) -> dict[str, str]:
    found = _object(name, text, what)
    if not all(isinstance(each, str) and 0 < len(each) <= LONGEST_NAME for each in found.values()):
        raise FormNotValid(f"`{name}` maps {what}; one of the values is no name.")
    return found


def _object(name: str, text: str, what: str) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not 0 < len(found) <= MOST_ENTRIES:
        raise FormNotValid(f"`{name}` is a JSON object that maps {what}.")
    return found
