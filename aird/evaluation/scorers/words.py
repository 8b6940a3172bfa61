"""Words of answers: normalised for comparison, and how many of them two texts share. Pure.

English and other languages with spaces are compared word by word; Chinese, Japanese and Korean, which have none,
character by character.
"""

import unicodedata
from collections import Counter

import regex

_ARTICLES = frozenset({"a", "an", "the"})
# One ideograph, kana or Hangul syllable, or a run of other letters, marks and digits.
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]|[\p{L}\p{M}\p{N}--\p{Han}]+", regex.VERSION1)


def words(text: str) -> list[str]:
    """The words without case, punctuation, full-width forms and English articles."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [word for word in _WORD.findall(folded) if word not in _ARTICLES]


def normalised(text: str) -> str:
    """The words with one space between them: what is equal in this is the same answer.

    A text of nothing but punctuation stays as it is, without the space around it.
    """
    return " ".join(words(text)) or text.strip()


def f1(answer: str, target: str) -> float:
    """The harmonic mean of the shares of words in common, as SQuAD counts it (https://arxiv.org/abs/1606.05250)."""
    said, wanted = words(answer), words(target)
    if not said or not wanted:
        return float(normalised(answer) == normalised(target))
    common = sum((Counter(said) & Counter(wanted)).values())
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(wanted)
    return 2 * precision * recall / (precision + recall)
