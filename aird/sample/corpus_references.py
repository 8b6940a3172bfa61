"""References that questions carry and answers copy: a code such as 'A48', or a person's name."""

import random
from typing import Final

from aird.sample.corpus_frames import Language

LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        *("Anna", "Ben", "Clara", "David", "Emma", "Frank", "Grace", "Henry", "Ida", "Jack", "Kate", "Leo"),
        *("Maria", "Nina", "Oscar", "Paul", "Rosa", "Sam", "Tina", "Victor", "Wendy", "Zoe", "Alan", "Bella"),
        *("Carl", "Diana", "Eric", "Fiona", "George", "Helen", "Ivan", "Julia"),
    ),
    "zh": (
        *("李伟", "王芳", "张敏", "刘洋", "陈静", "杨帆", "赵磊", "黄丽", "周杰", "吴娜", "徐强", "孙燕"),
        *("马超", "朱琳", "胡军", "郭雪", "何平", "高峰", "林涛", "罗兰", "郑爽", "梁栋", "谢红", "宋佳"),
        *("唐亮", "许晴", "韩冰", "冯刚", "邓欣", "曹阳", "彭飞", "曾毅"),
    ),
}

KINDS: Final[dict[str, dict[str, str]]] = {
    "support": {"en": "ticket", "zh": "工单"},
    "finance": {"en": "invoice", "zh": "发票"},
    "hr": {"en": "employee", "zh": "员工"},
    "travel": {"en": "booking", "zh": "预订"},
    "home": {"en": "flat", "zh": "房号"},
    "health": {"en": "patient", "zh": "患者"},
    "study": {"en": "student", "zh": "学生"},
    "machines": {"en": "device", "zh": "设备"},
    "leisure": {"en": "member", "zh": "会员"},
    "city": {"en": "case", "zh": "案件"},
}
_NAMED: Final = frozenset({"hr", "health", "study"})


def value(rng: random.Random, topic: str, language: Language) -> str:
    """A fresh code or name, as the topic's references have it."""
    if topic in _NAMED:
        return rng.choice(NAMES[language])
    return code(rng)


def code(rng: random.Random) -> str:
    """A letter and two digits: two tokens for the models, 2400 in all."""
    return f"{rng.choice(LETTERS)}{rng.randrange(100):02d}"


def label(topic: str, language: Language, value: str) -> str:
    """'ticket A48' or '工单A48'."""
    kind = KINDS[topic][language]
    return f"{kind} {value}" if language == "en" else f"{kind}{value}"


def reference(rng: random.Random, topic: str, language: Language) -> str:
    """A fresh reference with its kind."""
    return label(topic, language, value(rng, topic, language))
