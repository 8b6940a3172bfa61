"""Names of people in Chinese text: a family name, one or two characters that names are made of, and where words end.

Chinese puts no space between words, so `高兴` (glad) and `高峰` (a person, or a peak) begin alike. Where words end is
told by jieba's dictionary and model (rjieba). A word is a name where its first character is a family name and the rest
are characters that given names are made of, unless `words_han` lists it as a plain word; a title (`陈先生`), a field
(`联系人：`) or `我叫` before or after it says so by itself. Pure; the dictionary takes 33 MiB, so it is loaded at the
first text that has a family name in it.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from aird.datasets.quality import words_han as words

_family = re.compile(f"{words.TWO}|[{words.ONE}]")
_han = r"\u4e00-\u9fff"
_stop = rf"(?=[^{_han}·]|$)"
_dotted = re.compile(rf"(?<![{_han}])?[{_han}]{{2,5}}(?:[·•][{_han}]{{1,6}})+")
_field = re.compile(rf"(?:{words.FIELD})(?:\s*[：:]|[是为]|\s)\s*([{_han}]{{2,4}}(?:[·•][{_han}]{{1,6}})*){_stop}")
_called = re.compile(rf"(?:我叫|名叫|叫做|名字是|名字叫|本人叫|署名|此致敬礼[，,。\s]*)\s*([{_han}]{{2,4}}){_stop}")


class Word(NamedTuple):
    """A word as the dictionary cuts it, with its kind there."""

    text: str
    kind: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def find(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each name, in order."""
    if not _family.search(text) and "·" not in text:
        return
    found = [*_said(text), *_cut(text)]
    end = 0
    for start, stop in sorted(found, key=lambda each: (each[0], -each[1])):
        if start >= end:
            yield start, stop
            end = stop


def _said(text: str) -> Iterator[tuple[int, int]]:
    """What the words around say is a name."""
    for match in _dotted.finditer(text):
        yield match.span()
    for pattern in (_field, _called):
        for match in pattern.finditer(text):
            if match.group(1) not in words.PLAIN and not match.group(1).endswith(words.NO_NAME):
                yield match.span(1)


def _cut(text: str) -> Iterator[tuple[int, int]]:
    """Names among the words of the text."""
    cut = _words(text)
    at = 0
    while at < len(cut):
        length = _name(text, cut, at)
        if length:
            yield cut[at].start, cut[at].start + length
        at += 1
        while at < len(cut) and length and cut[at].start < cut[at - 1].start + length:
            at += 1


def _words(text: str) -> list[Word]:
    """The words of the text; a preposition that was taken for the beginning of a name is a word of its own."""
    from rjieba import tag  # loads its dictionary when it is imported

    found, at = list[Word](), 0
    for word, kind in tag(text):
        if kind in words.PERSONAL and len(word) > 1 and word[0] in words.PREPOSITIONS:
            found += [Word(word[0], "p", at), Word(word[1:], kind, at + 1)]
        else:
            found.append(Word(word, kind, at))
        at += len(word)
    return found


def _unheard(word: str) -> bool:
    """Whether the dictionary does not have the word: then it is no plain one."""
    from rjieba import _DEFAULT_JIEBA

    return not _DEFAULT_JIEBA.has_word(word)


def _name(text: str, cut: list[Word], at: int) -> int:
    """How many characters the name has that begins with this word; 0 where none does."""
    word = cut[at]
    if word.kind == "nrt" and at + 1 < len(cut) and words.TITLED.match(cut[at + 1].text):
        return len(word.text)
    family = _family.match(word.text)
    if family is None:
        return _small_name(cut, at)
    rest = word.text[family.end() :]
    if title := _title_after(text, word, family.end(), cut[at - 1] if at else None):
        return title
    if not rest:
        return _in_pieces(cut, at, family.group())
    if len(rest) > 2 or word.text in words.PLAIN or word.text.endswith(words.NO_NAME):
        return 0
    if word.kind not in words.PERSONAL and word.kind != "x":
        return 0
    if len(rest) == 2 and rest[1] in words.GO_ON and rest[0] in words.GIVEN:
        return len(word.text) - 1
    before = cut[at - 1].text if at else ""
    rare = len(rest) == 1 and family.group() in words.RARE and before not in words.PERSONS
    if rare and word.kind != "x" and not _unheard(word.text):
        return 0
    known = word.kind != "x" and len(rest) == 2 and rest[1] not in words.THINGS
    least = 0 if known else 1 if len(rest) == 2 and rest[1] not in words.THINGS else len(rest)
    if sum(each in words.GIVEN for each in rest) < least:
        return 0
    more = _given(cut, at + 1, 1) if word.kind == "x" and len(rest) == 1 else 0
    return len(word.text) + more


def _title_after(text: str, word: Word, family: int, before: Word | None) -> int:
    """A family name, perhaps with a given name, before a title; the dictionary has `陈先生` as one word."""
    if before is not None and (before.kind.startswith("m") or before.text in words.COUNTING):
        return 0
    rest = text[word.start + family :]
    titled = words.TITLED.match(rest)
    if titled is None:
        return 0
    given = titled.group(1)
    return family + len(given) if all(each in words.GIVEN for each in given) else 0


def _in_pieces(cut: list[Word], at: int, family: str) -> int:
    """A family name that stands alone, and what follows it."""
    before = cut[at - 1] if at else None
    if before is not None and (before.kind.startswith("m") or before.text in words.COUNTING):
        return 0
    if before is not None and before.text in ("小", "老", "阿") and family in words.COMMON:
        return 0  # told with the word before it
    if family in words.RARE:
        return 0
    given = _given(cut, at + 1, 2)
    return len(family) + given if given else 0


def _given(cut: list[Word], at: int, most: int) -> int:
    """The characters of a given name from this word on."""
    length = 0
    for word in cut[at : at + most]:
        given = word.kind == "nr" or all(each in words.GIVEN for each in word.text)
        if length + len(word.text) > most or not given:
            break
        if word.text in words.PLAIN or word.kind in ("d", "p", "c", "uj", "ul", "r", "m") or word.text in words.FOLLOWS:
            break
        length += len(word.text)
    return length


def _small_name(cut: list[Word], at: int) -> int:
    """`小刘`, `老王`."""
    word = cut[at]
    if word.text in ("小", "老", "阿") and at + 1 < len(cut) and cut[at + 1].text[0] in words.COMMON:
        rest = cut[at + 1].text[1:]
        return 2 if not rest or rest in words.GO_ON else 0
    small = len(word.text) == 2 and word.text[0] in "小老阿" and word.text[1] in words.COMMON
    return 2 if small and word.text not in words.PLAIN else 0
