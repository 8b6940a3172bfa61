"""From what is written about a model to the terms it is found by, and from a search to the terms it wants. Pure.

There are four kinds of terms, told apart by their first character so that each is one range of the index:
`finance` is a word; `^fin` the first one to three letters of a word, so that a search finds beginnings at once;
`客` and `客服` are one and two neighbouring characters of a script that puts no spaces between words; `@kind:adapter`
is a fact to narrow a list by. Every model has the term `EVERY`: the plain list is read from the same index.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

EVERY = "@1"
"""The term of every model. The digit is the edition of these rules: where it changes, all models are filed anew."""

BEGINNING = 3
"""How many of a word's first letters have terms of their own; longer beginnings are a range of words."""

LONGEST_WORD = 48
LONGEST_FACET = 128
MOST_WORDS = 512
"""How many words of one model are kept; its name, title and tags come first."""
MOST_WANTED = 16
LAST = "\U0010ffff"

# Scripts without spaces between words, and Hangul, where endings are glued to words.
_SCRIPTS = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_run = re.compile(rf"(?P<dense>[{_SCRIPTS}]+)|(?P<word>[^\W_{_SCRIPTS}]+)")
_accents = re.compile("[\u0300-\u036f]")

SIZES: tuple[tuple[str, int], ...] = (
    ("1M", 10**6),
    ("10M", 10**7),
    ("100M", 10**8),
    ("1B", 10**9),
    ("3B", 3 * 10**9),
    ("10B", 10**10),
    ("30B", 3 * 10**10),
    ("100B", 10**11),
)
"""The bounds between the classes of size, in parameters."""


@dataclass(frozen=True)
class About:
    """What a model is found by: its own words and facts, and those of its latest version."""

    name: str
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    department: str = ""
    kind: str | None = None
    state: str | None = None
    license: str = ""
    base: str | None = None  # the id of the base's model: names may change
    parameters: int | None = None
    notes: str = ""
    card: dict[str, Any] = field(default_factory=dict)
    suites: tuple[str, ...] = ()


@dataclass(frozen=True)
class Beginning:
    """Wanted are words that begin with `text`, which has more than BEGINNING letters."""

    text: str

    @property
    def nearest(self) -> str:
        """The term that every such word's model has as well."""
        return "^" + self.text[:BEGINNING]

    @property
    def bounds(self) -> tuple[str, str]:
        """[first, end) of the range of such words."""
        return self.text, self.text + LAST


@dataclass(frozen=True)
class Wanted:
    """A model must have all of these."""

    terms: tuple[str, ...] = ()
    beginnings: tuple[Beginning, ...] = ()


def folded(text: str) -> str:
    """Text as terms have it: one form per character, without case and without accents."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", _accents.sub("", plain))


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """(a word, False) and (neighbouring characters of a script without spaces, True), in the text's order."""
    for match in _run.finditer(folded(text)):
        yield match.group(), match.lastgroup == "dense"


def facet(kind: str, value: str) -> str:
    """The term of a fact, such as `@tag:legal`. Classes of size have names of their own, in which M is not m."""
    return f"@{kind}:{value if kind == 'size' else folded(value)}"[:LONGEST_FACET]


def size_class(parameters: int) -> str:
    """The class of size of a model with so many parameters: `<1M`, `1M-10M`, ... `>100B`."""
    below = None
    for label, bound in SIZES:
        if parameters < bound:
            return f"{below}-{label}" if below else f"<{label}"
        below = label
    return f">{below}"


def languages(card: dict[str, Any]) -> list[str]:
    """The languages that a model card names."""
    return _texts(card.get("language"))


def card_tags(card: dict[str, Any]) -> list[str]:
    """The tags that a model card names."""
    return _texts(card.get("tags"))


def _texts(value: object) -> list[str]:
    """A card writes one text or a list of them."""
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, str) and each.strip()]


def _words_of(value: object, depth: int = 0) -> Iterator[str]:
    """Every text in a card's values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth < 8:
        for each in value.values() if isinstance(value, dict) else value:
            yield from _words_of(each, depth + 1)


def terms_of(about: About) -> set[str]:
    """Every term of a model."""
    return facets_of(about) | text_terms(
        [about.name, about.title, *about.tags, about.description, about.notes, *_words_of(about.card)]
    )


def text_terms(texts: Iterable[str]) -> set[str]:
    """The terms of texts; what comes first is kept when there is too much."""
    found: set[str] = set()
    words = 0
    for text in texts:
        for run, dense in runs(text[:20_000]):
            new = set(_dense(run)) if dense else _plain(run)
            words += len(new - found)
            if words > MOST_WORDS * (BEGINNING + 1):
                return found
            found |= new
    return found


def _plain(word: str) -> set[str]:
    return {word[:LONGEST_WORD], *("^" + word[:n] for n in range(1, min(BEGINNING, len(word)) + 1))}


def _dense(run: str) -> Iterator[str]:
    yield from run
    yield from (run[at : at + 2] for at in range(len(run) - 1))


def facets_of(about: About) -> set[str]:
    """The facts of a model that lists are narrowed by."""
    found = {EVERY, facet("department", about.department)}
    found |= {facet("tag", each) for each in [*about.tags, *card_tags(about.card)]}
    if about.kind is None:  # no version yet
        return found
    found |= {facet("kind", about.kind), facet("state", about.state or "")}
    found |= {facet("language", each) for each in languages(about.card)}
    found |= {facet("skill", each) for each in about.suites}
    if about.license:
        found.add(facet("license", about.license))
    if about.base:
        found.add(facet("base", about.base))
    if about.parameters is not None:
        found.add(facet("size", size_class(about.parameters)))
    return found


def wanted(search: str) -> Wanted | None:
    """What a search asks for; None when it holds nothing that could be found, such as `%`."""
    exact: dict[str, None] = {}
    beginnings: dict[Beginning, None] = {}
    for run, dense in runs(search):
        if not dense:
            word = run[:LONGEST_WORD]
            if len(word) <= BEGINNING:
                exact["^" + word] = None
            else:
                beginnings[Beginning(word)] = None
        elif len(run) == 1:
            exact[run] = None
        else:
            exact.update((run[at : at + 2], None) for at in range(len(run) - 1))
    if not exact and not beginnings:
        return None
    return Wanted(tuple(exact)[:MOST_WANTED], tuple(beginnings)[:MOST_WANTED])
