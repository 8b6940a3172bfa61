"""Names of people in texts of Latin letters: words that are written like names, judged by lists and by what is around.

A word with a capital is a name where a title, a greeting or "my name is" comes before it, where it is a first name
that is no word or place besides (`Priya`, not `Grace`), or where two such words stand together and one is known.
The lists of first and last names by country are Faker's, which keeps them for many countries; what is also a word, a
place or a product is listed in `words_latin`. Pure.
"""

import importlib
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from faker.providers import person as countries

from aird.datasets.quality import words_latin as words
from aird.datasets.quality.words_latin import PARTICLES, TITLES

COUNTRIES = (
    "en_US", "en_GB", "en_IE", "en_IN", "en_NZ", "en_KE", "en_NG", "de_DE", "fr_FR", "es_ES", "es_MX", "it_IT",
    "nl_NL", "pl_PL", "pt_BR", "sv_SE", "no_NO", "da_DK", "fi_FI", "cs_CZ", "hu_HU", "ro_RO", "tr_TR", "id_ID",
    "yo_NG", "tw_GH", "ja_JP",
)  # fmt: skip
FIRST = (
    "first_names", "first_names_male", "first_names_female", "first_male_romanized_names",
    "first_female_romanized_names",
)  # fmt: skip
LAST = ("last_names", "last_names_male", "last_names_female", "last_romanized_names")
MOST_WORDS = 4

_word = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_strong = re.compile(
    r"(?:\bname(?:['’]s| is)|\b(?:name|contact(?: person)?|customer|patient|client|employee|signed|attn|requester|"
    r"reported by|assigned to|caller)\s*[:=,]|\bmy (?:\w+ )?(?:\w+ is |is )?(?:called|named)|\bis called)\s*$",
    re.IGNORECASE,
)
_weak = re.compile(r"(?:\bi am|\bi['’]m|\bthis is|\bdear|\bhi|\bhello|\bhey|\bim)[ ,]{1,2}$", re.IGNORECASE)
_title = re.compile(
    r"\b(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|herr|frau|monsieur|madame|señor|señora)\.? $", re.I
)
_closing = re.compile(
    r"(?:\bregards|\bsincerely|\bthanks|\bthank you|\bcheers|\byours(?: \w+)?|\bbest|\bsigned),?[ ]*(?:\r?\n|\\n)+$",
    re.IGNORECASE,
)
_parts = re.compile(r"['’-]|^(?:Ma?c|De|Di|La|Le)(?=[A-Z][a-z])")
_said = re.compile(
    r"\b(?:name|am|i['’]?m|this is|called|named|dear|hi|hello|hey|signed|customer|patient)\b", re.IGNORECASE
)
_looked = 60
_line_end = re.compile(r"[ ,.]*(?:\r?\n|\\n|$)")


class Word(NamedTuple):
    """A word, and where it stands; `key` is the form that lists know."""

    text: str
    start: int
    end: int
    key: str
    written: bool


@cache
def lists() -> tuple[frozenset[str], frozenset[str]]:
    """First and last names, case folded; those of several words by their parts. Loaded at the first look."""
    first, last = set(words.FIRST), set(words.LAST)
    for country in COUNTRIES:
        provider = importlib.import_module(f"{countries.__name__}.{country}").Provider
        for names, kept in ((FIRST, first), (LAST, last)):
            for name in (each for kind in names for each in getattr(provider, kind, ())):
                kept.update(part.casefold() for part in name.split() if len(part) > 2 and part[0].isupper())
    return frozenset(first), frozenset(last)


def find(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each name, in order."""
    small = _said.search(text) is not None
    if not small and text == text.lower():
        return
    found = [_cut(match) for match in _word.finditer(text)]
    at = 0
    while at < len(found):
        if found[at].written:
            run = _run(text, found, at)
            name = _named(text, run)
            passed = len(run) if not name else found.index(name[-1], at) + 1 - at
        else:
            name = _small(text, found, at) if small else []
            passed = max(1, len(name))
        if name:
            yield name[0].start, name[-1].end
        at += passed


def _cut(match: re.Match[str]) -> Word:
    word = match.group()
    if word.islower():
        return Word(word, match.start(), match.end(), word, written=False)
    if word.endswith(("'s", "’s")):
        word = word[:-2]
    written = word[0].isupper() and all(each[1:].islower() or len(each) < 2 for each in _parts.split(word))
    return Word(word, match.start(), match.start() + len(word), word.casefold().replace("’", "'"), written=written)


def _run(text: str, found: list[Word], at: int) -> list[Word]:
    """The words from here on that are written as names and stand together, particles between them included."""
    run = [found[at]]
    for place in range(at + 1, len(found)):
        word, gap = found[place], text[run[-1].end : found[place].start]
        if gap != " " and not (gap == ". " and _short(run[-1])):
            break
        if not word.written and not (
            word.key in PARTICLES and any(each.written for each in found[place + 1 : place + 3])
        ):
            break
        run.append(word)
    while not run[-1].written:
        run.pop()
    return run


def _short(word: Word) -> bool:
    """Whether a full stop after the word ends no sentence."""
    return len(word.text) == 1 or word.key in TITLES


def _named(text: str, run: list[Word]) -> list[Word]:
    """The words of a run that are a name; none where it is something else."""
    before = text[max(0, run[0].start - _looked) : run[0].start]
    skipped = 0
    while run and (run[0].key in words.BEFORE or run[0].key in TITLES):
        skipped += 1
        run = run[1:]
    if not run:
        return []
    if skipped:
        before = text[max(0, run[0].start - _looked) : run[0].start]
    own = _until_stop(run)
    if _title.search(before) or _strong.search(before):
        return own[:MOST_WORDS] if own and own[0].key not in words.NEVER else []
    if _closing.search(before) and own == run and len(own) <= 3 and _line_end.match(text, own[-1].end):
        return own if own[0].key not in words.NEVER else []
    if len(own) < len(run) or text.startswith(" & ", run[-1].end) or before.endswith("& "):
        return []
    return _judged(own, weak=_weak.search(before) is not None)


def _until_stop(run: list[Word]) -> list[Word]:
    for number, word in enumerate(run):
        if word.key in words.AFTER:
            return run[:number]
    return run


def _judged(run: list[Word], *, weak: bool) -> list[Word]:
    for start in range(len(run)):
        name = run[start : start + MOST_WORDS]
        while name and name[-1].key in words.BEFORE | words.NEVER:
            name = name[:-1]
        if name and _is_name(name, weak=weak and start == 0):
            return name
    return []


def _is_name(name: list[Word], *, weak: bool) -> bool:
    first, last = lists()
    head, tail = name[0].key, name[-1].key
    known = _in(first, head)
    wordy = head in words.ALSO
    if len(name) == 1:
        return known and (not wordy or (weak and head not in words.NEVER))
    family = _in(last, tail) and tail not in words.ALSO
    if known and not wordy:
        return True
    if known or _pinyin(name):
        return family or weak or any(len(each.text) == 1 for each in name) or _pinyin(name)
    return (
        head not in words.ALSO and head not in words.NEVER and (family or (_in(first, tail) and tail not in words.ALSO))
    )


def _in(names: frozenset[str], key: str) -> bool:
    return key in names or ("-" in key and all(part in names for part in key.split("-")))


def _pinyin(name: list[Word]) -> bool:
    """Whether these two or three words are a Chinese name in Latin letters."""
    keys = [each.key for each in name]
    if len(keys) > 3 or any(each in words.ALSO for each in keys[1:-1]):
        return False
    if keys[0] in words.FAMILY and all(map(_syllables, keys[1:])):
        return True
    return keys[-1] in words.FAMILY and all(map(_syllables, keys[:-1]))


def _syllables(key: str) -> bool:
    return words.SYLLABLES.fullmatch(key.replace("-", "")) is not None


def _small(text: str, found: list[Word], at: int) -> list[Word]:
    """A name that is written small, where somebody says who they are."""
    word = found[at]
    first, last = lists()
    if word.key not in first or word.key in words.ALSO:
        return []
    before = text[max(0, word.start - _looked) : word.start]
    if not (_strong.search(before) or _weak.search(before)):
        return []
    after = found[at + 1 : at + 2]
    both = bool(after) and text[word.end : after[0].start] == " " and after[0].key in last - words.ALSO
    return found[at : at + 2] if both else [word]
