"""The corpus from which the sample base model learns language: endless, seeded, English and Chinese.

Every item is one short task about a request from one of ten topics: restate it, name what is wanted, in the
same or in the other language, read out its reference, name its topic, follow rules given beforehand, or
repeat a line. The model learns to understand requests and to copy references, and the *form* of the
departments' answers; it never reads a department's question together with one of that department's codes.
"""

import random
from collections.abc import Iterator
from typing import Any, Final

from aird.sample import corpus_references as references
from aird.sample.corpus_frames import LANGUAGES, Language, question
from aird.sample.corpus_intents import DEPARTMENT_INTENTS, TOPIC_INTENTS, Intent
from aird.sample.departments import ANSWERS, CODES

VERSION: Final = "1"

INTENTS: Final[dict[str, tuple[Intent, ...]]] = {**DEPARTMENT_INTENTS, **TOPIC_INTENTS}
TOPIC_NAMES: Final[dict[str, dict[str, str]]] = {
    "support": {"en": "customer support", "zh": "客户服务"},
    "finance": {"en": "finance", "zh": "财务"},
    "hr": {"en": "human resources", "zh": "人力资源"},
    "travel": {"en": "travel", "zh": "旅行"},
    "home": {"en": "home", "zh": "居家"},
    "health": {"en": "health", "zh": "健康"},
    "study": {"en": "study", "zh": "学习"},
    "machines": {"en": "machines", "zh": "机器"},
    "leisure": {"en": "leisure", "zh": "休闲"},
    "city": {"en": "city", "zh": "市政"},
}

_TASKS: Final = ("restate", "wanted", "other_language", "reference", "topic", "rules", "repeat")
_WEIGHTS: Final = (40, 10, 10, 10, 4, 10, 16)

_RESTATED: Final = {"en": "Wanted: {label}, {ref}.", "zh": "需求：{label}，{ref}。"}
_WANTED: Final = {
    "en": ("What is wanted? {0}", "{0} What is wanted?", "In short: {0}"),
    "zh": ("想要什么？{0}", "{0}想要什么？", "简单说：{0}"),
}
_OTHER: Final = {
    "en": ("In Chinese: {0}", "{0} Say it in Chinese."),
    "zh": ("用英语说：{0}", "{0}用英语说。"),
}
_WHICH: Final = {
    "en": ("Which {kind}? {0}", "{0} Which {kind}?"),
    "zh": ("哪个{kind}？{0}", "{0}哪个{kind}？"),
}
_TOPIC: Final = {"en": ("Which topic? {0}", "{0} Which topic?"), "zh": ("哪方面？{0}", "{0}哪方面？")}
_RULES: Final = {"en": ("{label}: {rule}", "; ", ". {0}"), "zh": ("{label}：{rule}", "；", "。{0}")}
_REPEAT: Final = {"en": "Repeat: {0}", "zh": "重复：{0}"}
_FIELDS: Final = {
    "en": [
        "Queue",
        "Account",
        "Form",
        "Gate",
        "Desk",
        "Room",
        "Line",
        "Shelf",
        "Page",
        "Folder",
        "Team",
        "Step",
    ],
    "zh": [
        "队列",
        "科目",
        "表格",
        "登机口",
        "柜台",
        "房间",
        "线路",
        "货架",
        "页码",
        "文件夹",
        "小组",
        "步骤",
    ],
}


def items(seed: int) -> Iterator[dict[str, Any]]:
    """Fresh chat items without end; the same seed gives the same items on every machine."""
    rng = random.Random(f"corpus-{VERSION}-{seed}")
    while True:
        yield item(rng)


def item(rng: random.Random) -> dict[str, Any]:
    """One fresh chat item."""
    topic = rng.choice(tuple(INTENTS))
    language = rng.choice(LANGUAGES)
    intent = rng.choice(INTENTS[topic])
    ref = references.value(rng, topic, language)
    labelled = references.label(topic, language, ref)
    task = rng.choices(_TASKS, _WEIGHTS)[0]
    if task == "repeat":
        line = _answer_line(rng, topic, language, labelled)
        return _chat(_REPEAT[language].format(line), line)
    text = question(rng, intent, language, labelled, "base")
    match task:
        case "restate":
            return _chat(text, _RESTATED[language].format(label=intent.label[language], ref=labelled))
        case "wanted":
            return _chat(rng.choice(_WANTED[language]).format(text), intent.label[language])
        case "other_language":
            other: Language = "zh" if language == "en" else "en"
            answer = _RESTATED[other].format(label=intent.label[other], ref=references.label(topic, other, ref))
            return _chat(rng.choice(_OTHER[language]).format(text), answer)
        case "reference":
            kind = references.KINDS[topic][language]
            return _chat(rng.choice(_WHICH[language]).format(text, kind=kind), ref)
        case "topic":
            return _chat(rng.choice(_TOPIC[language]).format(text), TOPIC_NAMES[topic][language])
        case _:
            return _rules(rng, topic, intent, language, labelled, text)


def _rules(
    rng: random.Random, topic: str, intent: Intent, language: Language, labelled: str, text: str
) -> dict[str, Any]:
    """The request after two or three rules with random codes, one of which answers it."""
    others = rng.sample([other for other in INTENTS[topic] if other is not intent], rng.choice((1, 2)))
    chosen = [intent, *others]
    rng.shuffle(chosen)
    field = rng.choice(_FIELDS[language])
    codes = rng.sample(_free_codes(rng, topic), len(chosen))
    gap = " " if language == "en" else ""
    rule, separator, tail = _RULES[language]
    written = [
        rule.format(label=each.label[language], rule=f"{field}{gap}{code}")
        for each, code in zip(chosen, codes, strict=True)
    ]
    comma, stop = (", ", ".") if language == "en" else ("，", "。")
    answer = f"{field}{gap}{codes[chosen.index(intent)]}{comma}{labelled}{stop}"
    return _chat(separator.join(written) + tail.format(text), answer)


def _answer_line(rng: random.Random, topic: str, language: Language, labelled: str) -> str:
    if topic in ANSWERS and rng.random() < 0.7:
        code = rng.choice(CODES[topic]) if rng.random() < 0.3 else _number(rng)
        return ANSWERS[topic][language].format(code=code, ref=labelled)
    field = rng.choice(_FIELDS[language])
    if language == "en":
        return f"{field} {_number(rng)}, {labelled}."
    return f"{field}{_number(rng)}，{labelled}。"


def _free_codes(rng: random.Random, topic: str) -> list[str]:
    """Six codes that are not the department's own."""
    taken = set(CODES.get(topic, ()))
    return [code for code in {_number(rng): None for _ in range(30)} if code not in taken][:6]


def _number(rng: random.Random) -> str:
    return f"{rng.randrange(10, 100)}" if rng.random() < 0.65 else f"{rng.randrange(1000, 10000)}"


def _chat(user: str, assistant: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]}
