"""How people put a wish into a sentence, and which sentences are kept for the exams.

A question is an intent's wording (see `corpus_intents`) inside a frame: a greeting, a pattern of
politeness, the place of the reference ("ticket A48") and a closing. The split is decided here and nowhere
else:

* a wording (i, j) belongs to exactly one of train, dev and exam (`wording_split`); the last second part of an
  intent, j = 3, never occurs in a department's training set at all;
* a pattern belongs to exactly one of them (`REQUEST_PATTERNS`, `SITUATION_PATTERNS`).

A department's training questions and unlabelled prompts use train wordings in train patterns; its exam uses
exam wordings in exam patterns. The base corpus (`split="base"`) uses every wording and every pattern, but
never an exam wording in an exam pattern nor a dev wording in a dev pattern. So no exam question occurs
anywhere else.
"""

import random
import re
from typing import Final, Literal, TypeAlias

from aird.sample.corpus_intents import Composition, Intent

Language: TypeAlias = Literal["en", "zh"]
Split: TypeAlias = Literal["train", "dev", "exam", "base"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")

REQUEST_PATTERNS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "en": {
        "train": (
            "{0}",
            "please {0}",
            "could you {0}?",
            "can you please {0}?",
            "I need you to {0}",
            "I want you to {0}",
            "kindly {0}",
            "my request: {0}",
            "somebody has to {0}",
            "do {0}",
        ),
        "dev": ("would you please {0}?", "it would help if you could {0}"),
        "exam": ("would it be possible to {0}?", "I was hoping you could {0}", "we would be glad if you {0}"),
    },
    "zh": {
        "train": (
            "{0}",
            "请{0}",
            "能{0}吗？",
            "麻烦{0}",
            "我想请你{0}",
            "帮我{0}",
            "可以{0}吗？",
            "需要{0}",
            "我的要求：{0}",
            "请你们{0}",
        ),
        "dev": ("能不能{0}？", "烦请{0}"),
        "exam": ("劳驾{0}", "希望贵方{0}", "可否{0}？"),
    },
}

SITUATION_PATTERNS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "en": {
        "train": (
            "{0}",
            "I see that {0}",
            "it seems {0}",
            "the matter: {0}",
            "please note that {0}",
            "look, {0}",
            "you should know that {0}",
            "as I said, {0}",
        ),
        "dev": ("let me tell you that {0}", "the thing is, {0}"),
        "exam": ("I am writing because {0}", "it turns out that {0}", "just to let you know, {0}"),
    },
    "zh": {
        "train": (
            "{0}",
            "是这样，{0}",
            "情况是{0}",
            "请注意，{0}",
            "你看，{0}",
            "要说的是，{0}",
            "我说过，{0}",
            "事情是这样的：{0}",
        ),
        "dev": ("想告诉你，{0}", "说实话，{0}"),
        "exam": ("跟您反映一下，{0}", "写信是因为{0}", "通知一声，{0}"),
    },
}

_GREETINGS: Final[dict[str, tuple[str, ...]]] = {
    "en": ("", "", "", "Hello, ", "Hi, ", "Good morning, ", "Dear team, ", "Good evening, ", "Excuse me, "),
    "zh": ("", "", "", "你好，", "您好，", "早上好，", "各位好，", "晚上好，", "打扰了，"),
}
_WHEN: Final[dict[str, tuple[str, ...]]] = {
    "en": ("", "", "", " today", " this week", " as soon as you can", " right away", " by Friday"),
    "zh": ("", "", "", "今天", "这周", "尽快", "马上", "周五前"),
}
_CLOSINGS: Final[dict[str, tuple[str, ...]]] = {
    "en": ("", "", "", " Thanks.", " Many thanks.", " It is urgent.", " There is no hurry.", " Best wishes."),
    "zh": ("", "", "", "谢谢。", "多谢。", "很急。", "不着急。", "祝好。"),
}
_REFERENCES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "en": (
        ("{ref}: ", ""),
        ("About {ref}: ", ""),
        ("This is for {ref}. ", ""),
        ("", " {ref}."),
        ("", " It is about {ref}."),
        ("", " That is {ref}."),
    ),
    "zh": (
        ("{ref}：", ""),
        ("关于{ref}，", ""),
        ("这是{ref}。", ""),
        ("", "{ref}。"),
        ("", "说的是{ref}。"),
        ("", "这是{ref}。"),
    ),
}

_SENTENCE_START: Final = re.compile(r"^[a-z]|(?<=[.?] )[a-z]")


def wording_split(first: int, second: int) -> Split:
    """The one split that wording (first, second) of an intent belongs to."""
    if second == 3:
        return "exam" if first % 2 == 0 else "dev"
    match (first + second) % 4:
        case 0:
            return "exam"
        case 1:
            return "dev"
        case _:
            return "train"


def question(rng: random.Random, intent: Intent, language: Language, reference: str, split: Split) -> str:
    """A new question in the split's wordings and frames; `reference` reads like 'ticket A48'."""
    is_request = rng.random() < 0.5
    pattern_part, first, second = _cell(rng, split)
    if is_request:
        wordings, patterns = intent.request[language], REQUEST_PATTERNS[language]
        when = rng.choice(_WHEN[language])
    else:
        wordings, patterns, when = intent.situation[language], SITUATION_PATTERNS[language], ""
    core = rng.choice(patterns[pattern_part]).format(_wording(wordings, first, second, when, language))
    stop = "" if core[-1] in "?？" else ("." if language == "en" else "。")
    before, after = rng.choice(_REFERENCES[language])
    text = before + core + stop + after
    text = rng.choice(_GREETINGS[language]) + text + rng.choice(_CLOSINGS[language])
    text = text.format(ref=reference)
    return _SENTENCE_START.sub(lambda match: match.group().upper(), text)


def _cell(rng: random.Random, split: Split) -> tuple[str, int, int]:
    """Draw a wording and the split of the pattern it is put into."""
    while True:
        first, second = rng.randrange(4), rng.randrange(4)
        wording_part = wording_split(first, second)
        if split != "base":
            if wording_part == split:
                return split, first, second
            continue
        pattern_part = rng.choice(("train", "train", "dev", "exam"))
        if pattern_part == "train" or pattern_part != wording_part:
            return pattern_part, first, second


def _wording(wordings: Composition, first: int, second: int, when: str, language: Language) -> str:
    """English puts the time after the wording, Chinese before it."""
    if language == "en":
        return f"{wordings.first[first]} {wordings.second[second]}{when}"
    return f"{when}{wordings.first[first]}{wordings.second[second]}"
