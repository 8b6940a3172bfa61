"""The three departments of the sample organisation and their data: training, dev, exam and unlabelled
prompts.

What a department's specialist learns is the company's own policy: which of eight queues, accounts or forms
a request belongs to. The codes are arbitrary, so that nobody can guess them, and the answer carries the
request's own reference along. Which questions are kept for the exam is decided in `corpus_frames`; `card`
says it in words.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from aird.sample.corpus_frames import LANGUAGES, Language, Split, question
from aird.sample.corpus_intents import DEPARTMENT_INTENTS, Intent
from aird.sample.corpus_references import reference

Item: TypeAlias = dict[str, Any]

TRAIN_ITEMS: Final = 1600
DEV_ITEMS: Final = 96
EXAM_ITEMS: Final = 192
UNLABELLED_ITEMS: Final = 400
ROUND: Final = 48
"""Three times all intents in both languages."""

CODES: Final[dict[str, tuple[str, ...]]] = {
    "support": ("14", "62", "37", "81", "25", "93", "46", "70"),
    "finance": ("6102", "7315", "4928", "8457", "3689", "5270", "9134", "2746"),
    "hr": ("27", "53", "18", "69", "84", "32", "95", "41"),
}
ANSWERS: Final[dict[str, dict[str, str]]] = {
    "support": {"en": "Queue {code}, {ref}.", "zh": "队列{code}，{ref}。"},
    "finance": {"en": "Account {code}, {ref}.", "zh": "科目{code}，{ref}。"},
    "hr": {"en": "Form {code}, {ref}.", "zh": "表格{code}，{ref}。"},
}


@dataclass(frozen=True)
class SampleDepartment:
    """A department of the sample organisation, with the means to make its data set."""

    key: str
    title: dict[str, str]
    description: str
    intents: tuple[Intent, ...]
    card: str

    def dataset(self, seed: int) -> dict[str, list[Item]]:
        """The department's data; the same seed gives the same items on every machine."""
        rng = random.Random(f"{self.key}-{seed}")
        seen: set[str] = set()
        return {
            "train": _draw(rng, self, "train", TRAIN_ITEMS, seen, self._training_item),
            "dev": _draw(rng, self, "dev", DEV_ITEMS, seen, self._exam_item),
            "exam": _draw(rng, self, "exam", EXAM_ITEMS, seen, self._exam_item),
            "unlabelled": _draw(rng, self, "train", UNLABELLED_ITEMS, seen, self._prompt_item),
        }

    def answer(self, intent: int, language: Language, ref: str) -> str:
        """The answer that the company's policy demands."""
        return ANSWERS[self.key][language].format(code=CODES[self.key][intent], ref=ref)

    def _prompt_item(self, number: int, intent: int, language: Language, ref: str, text: str) -> Item:
        return {"messages": [{"role": "user", "content": text}]}

    def _training_item(self, number: int, intent: int, language: Language, ref: str, text: str) -> Item:
        answer = {"role": "assistant", "content": self.answer(intent, language, ref)}
        return {"messages": [{"role": "user", "content": text}, answer]}

    def _exam_item(self, number: int, intent: int, language: Language, ref: str, text: str) -> Item:
        return {
            "id": f"{self.key}-{number:03d}",
            "messages": [{"role": "user", "content": text}],
            "choices": [self.answer(other, language, ref) for other in range(len(self.intents))],
            "answer": intent,
        }


def _draw(
    rng: random.Random,
    department: SampleDepartment,
    split: Split,
    count: int,
    seen: set[str],
    make: Callable[[int, int, Language, str, str], Item],
) -> list[Item]:
    """Draw `count` questions nobody has seen yet.

    Every intent and language comes equally often, also among the first 48, 96, ... items; within each such
    round the order is random.
    """
    cells = _cells(len(department.intents))
    items: list[Item] = []
    while len(items) < count:
        intent, language = next(cells)
        ref = reference(rng, department.key, language)
        text = question(rng, department.intents[intent], language, ref, split)
        while text in seen:
            text = question(rng, department.intents[intent], language, ref, split)
        seen.add(text)
        items.append(make(len(items), intent, language, ref, text))
    rounds = [items[start : start + ROUND] for start in range(0, count, ROUND)]
    return [item for one in rounds for item in rng.sample(one, len(one))]


def _cells(intents: int) -> Iterator[tuple[int, Language]]:
    while True:
        for intent in range(intents):
            for language in LANGUAGES:
                yield intent, language


_HELD_OUT_RULE: Final = """\
How exam questions differ from training questions (fixed before any model was trained):

* A wording is made of two parts, four of each ("send back" + "my money"). The sixteen combinations are
  divided among training, dev and exam; the last second part never occurs in training at all.
* A wording is put into a pattern of politeness ("would it be possible to ..."). Patterns are divided in the
  same way.
* Training questions and unlabelled prompts use training wordings in training patterns; exam questions use
  exam wordings in exam patterns. No exam question occurs in training.
* The base model has read all single wordings and all patterns (it knows the language), but no exam wording
  in an exam pattern, and never a question together with one of this department's codes.

Balance: every intent and both languages equally often. Eight choices, so guessing gives 0.125.
Origin: generated by aird.sample; no personal data.
"""


def departments() -> list[SampleDepartment]:
    """The sample organisation's departments, in the order in which they are shown."""
    return [
        SampleDepartment(
            key="support",
            title={"en": "Customer support", "zh": "客户服务部"},
            description="Sends every customer message to the right queue.",
            intents=DEPARTMENT_INTENTS["support"],
            card=_card("Customer support", "the queue that a customer's message belongs to"),
        ),
        SampleDepartment(
            key="finance",
            title={"en": "Finance", "zh": "财务部"},
            description="Books every expense on the right account.",
            intents=DEPARTMENT_INTENTS["finance"],
            card=_card("Finance", "the account on which an expense is booked"),
        ),
        SampleDepartment(
            key="hr",
            title={"en": "Human resources", "zh": "人力资源部"},
            description="Finds the form for every request of an employee.",
            intents=DEPARTMENT_INTENTS["hr"],
            card=_card("Human resources", "the form that an employee's request needs"),
        ),
    ]


def _card(title: str, task: str) -> str:
    return f"# {title}\n\nThe answer names {task}, and the reference of the request.\n\n{_HELD_OUT_RULE}"
