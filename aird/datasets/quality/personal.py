"""Personal data in a text: e-mail, phone, payment card, IBAN, Chinese identity number, IP address, names. Pure.

Candidates are found by their shape; what has a checksum is checked (cards: Luhn, IBAN, identity numbers: the check
digit and a real date), phone numbers by the numbering plans of the world. So an order number is seldom taken for a
card, and a made-up identity number not for a person's. Names of people have no checksum: see `names_latin` and
`names_han` for how they are told from other words, and docs/datasets.md for how many of them are found.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberMatcher
from stdnum import iban, luhn
from stdnum.cn import ric

from aird.datasets.quality import names_han, names_latin

REGIONS = ("CN", "US")
MOST_TEXT = 20_000

_email = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_card = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])")
_iban = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)")
_identity = re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])")
_ip4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_ip6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){2,7}[0-9A-Fa-f:]{0,39}(?![\w:])")
_cut = re.compile(r"(?<=[^\W\d_])\s+(?=[^\W\d_])|\n")
_digits = re.compile(r"(?:\d[\s().-]{0,3}){7}")


@dataclass(frozen=True)
class Found:
    """A place in a text."""

    kind: str
    start: int
    end: int


def find(text: str) -> list[Found]:
    """What was found in the first MOST_TEXT characters, in order; no two of them overlap."""
    text = text[:MOST_TEXT]
    found: list[Found] = []
    for each in _candidates(text):
        if not any(each.start < other.end and other.start < each.end for other in found):
            found.append(each)
    return sorted(found, key=lambda each: each.start)


def mask(text: str) -> str:
    """The text with every finding replaced by its kind."""
    return masked(text)[0]


def masked(text: str) -> tuple[str, Counter[str]]:
    """The text with every finding replaced by its kind, however long it is, and how many of each kind there were.

    A long text is looked at in pieces, cut between words where there are any.
    """
    counts, parts = Counter[str](), list[str]()
    for piece in _pieces(text):
        at = 0
        for each in find(piece):
            parts += [piece[at : each.start], f"[{each.kind}]"]
            counts[each.kind] += 1
            at = each.end
        parts.append(piece[at:])
    return "".join(parts), counts


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces that `find` looks at whole; cut where two letters or the lines meet, never in a number."""
    start = 0
    while len(text) - start > MOST_TEXT:
        window = text[start : start + MOST_TEXT]
        cut = max((each.end() for each in _cut.finditer(window, MOST_TEXT // 2)), default=MOST_TEXT)
        yield window[:cut]
        start += cut
    yield text[start:]


def _candidates(text: str) -> Iterator[Found]:
    """The surest first."""
    if "@" in text:
        yield from _matches("email", _email, text)
    if any(each.isdigit() for each in text):
        yield from _numbers(text)
    for names in (names_latin, names_han):
        for start, end in names.find(text):
            yield Found("name", start, end)


def _numbers(text: str) -> Iterator[Found]:
    for kind, pattern, valid in _CHECKED:
        for match in pattern.finditer(text):
            if valid(match.group()):
                yield Found(kind, match.start(), match.end())
    if _digits.search(text):
        yield from _phones(text)


def _phones(text: str) -> Iterator[Found]:
    for region in REGIONS:
        for match in PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.VALID):
            yield Found("phone", match.start, match.end)


def _matches(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    return (Found(kind, match.start(), match.end()) for match in pattern.finditer(text))


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and len(set(digits)) > 1 and bool(luhn.is_valid(digits))


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback or address.is_multicast)


_CHECKED = (
    ("cn_id", _identity, lambda text: bool(ric.is_valid(text.upper()))),
    ("iban", _iban, lambda text: bool(iban.is_valid(text))),
    ("card", _card, _is_card),
    ("ip", _ip4, _is_ip),
    ("ip", _ip6, _is_ip),
)
