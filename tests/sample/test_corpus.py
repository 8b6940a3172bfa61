"""The generator of the sample data: the same everywhere, wide, and honest about what is kept for the
exams."""

import random
import re
import subprocess
import sys
from collections import Counter
from itertools import islice, product
from typing import Any

import pytest

from aird.sample import corpus, corpus_references, departments
from aird.sample.corpus_frames import (
    LANGUAGES,
    REQUEST_PATTERNS,
    SITUATION_PATTERNS,
    Language,
    question,
    wording_split,
)
from aird.sample.corpus_intents import Composition, Intent

DEPARTMENTS = departments.departments()
DATA = {department.key: department.dataset(0) for department in DEPARTMENTS}


def user(item: dict[str, Any]) -> str:
    return str(item["messages"][0]["content"])


def in_language(wordings: Composition, first: int, second: int, language: Language) -> str:
    gap = " " if language == "en" else ""
    return (wordings.first[first] + gap + wordings.second[second]).lower()


def wordings_of(intent: Intent, split: str) -> set[str]:
    """Every wording of the intent that belongs to the split, in both languages."""
    return {
        in_language(form[language], first, second, language)
        for form in (intent.request, intent.situation)
        for language in LANGUAGES
        for first, second in product(range(4), range(4))
        if wording_split(first, second) == split
    }


def pattern_heads(split: str) -> set[str]:
    """The words that announce a pattern of the split; patterns that consist of the wording alone have
    none."""
    patterns = [
        pattern
        for table in (REQUEST_PATTERNS, SITUATION_PATTERNS)
        for language in LANGUAGES
        for pattern in table[language][split]
    ]
    return {pattern.split("{0}")[0].lower() for pattern in patterns} - {""}


@pytest.mark.parametrize("department", DEPARTMENTS, ids=lambda department: department.key)
def test_a_dataset_is_the_same_for_the_same_seed(department: departments.SampleDepartment) -> None:
    assert department.dataset(0) == department.dataset(0)
    assert department.dataset(0) != department.dataset(1)


def test_the_corpus_is_the_same_in_another_process_with_another_hash_seed() -> None:
    program = (
        "from itertools import islice; from aird.sample import corpus;"
        "import hashlib; print(hashlib.sha256(repr(list(islice(corpus.items(0), 500))).encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_the_datasets_have_their_sizes_and_no_question_twice() -> None:
    for data in DATA.values():
        assert {split: len(items) for split, items in data.items()} == {
            "train": 1600,
            "dev": 96,
            "exam": 192,
            "unlabelled": 400,
        }
        questions = [user(item) for items in data.values() for item in items]
        assert len(set(questions)) == len(questions)


def test_every_intent_and_language_comes_equally_often_in_an_exam() -> None:
    for data in DATA.values():
        cells = Counter((item["answer"], "，" in item["choices"][0]) for item in data["exam"])
        assert set(cells.values()) == {12}
        assert len(cells) == 16


def test_exam_wordings_and_exam_patterns_never_occur_in_what_a_department_trains_on() -> None:
    for department in DEPARTMENTS:
        seen = [user(item).lower() for split in ("train", "unlabelled") for item in DATA[department.key][split]]
        text = "\n".join(seen)
        for intent in department.intents:
            own = wordings_of(intent, "train")
            for kept in wordings_of(intent, "exam") | wordings_of(intent, "dev"):
                assert kept not in text or any(kept in other for other in own), kept
        for head in pattern_heads("exam") | pattern_heads("dev"):
            assert head not in text, head


def test_exam_questions_are_exam_wordings_in_exam_patterns() -> None:
    heads = pattern_heads("exam")
    for department in DEPARTMENTS:
        for item in DATA[department.key]["exam"]:
            assert any(head in user(item).lower() for head in heads)


def test_training_questions_hold_train_wordings() -> None:
    for department in DEPARTMENTS:
        wordings = [wordings_of(intent, "train") for intent in department.intents]
        bare = sum(
            any(wording in user(item).lower() for own in wordings for wording in own)
            for item in DATA[department.key]["train"]
        )
        assert bare == 1600


def test_the_base_corpus_never_puts_an_exam_wording_into_an_exam_pattern() -> None:
    rng = random.Random(5)
    heads = {split: pattern_heads(split) for split in ("dev", "exam")}
    for department in DEPARTMENTS:
        for intent in department.intents:
            kept = {split: unmistakable(intent, split) for split in heads}
            for _ in range(200):
                language = rng.choice(LANGUAGES)
                text = question(rng, intent, language, "ticket A48", "base").lower()
                for split, patterns in heads.items():
                    if any(head in text for head in patterns):
                        assert not any(text_ends_in(text, wording) for wording in kept[split]), text


def unmistakable(intent: Intent, split: str) -> set[str]:
    """The split's wordings that are no part of another wording of the intent."""
    others = {wording for other in ("train", "dev", "exam") for wording in wordings_of(intent, other)}
    return {
        wording for wording in wordings_of(intent, split) if not any(wording in other for other in others - {wording})
    }


def text_ends_in(text: str, wording: str) -> bool:
    """Whether the wording stands whole in the text, not as the beginning of a longer word."""
    return any(wording + stop in text for stop in (".", "?", "。", "？"))


def test_no_exam_question_occurs_in_the_base_corpus() -> None:
    exams = {user(item) for data in DATA.values() for split in ("exam", "dev") for item in data[split]}
    assert not any(question in user(item) for item in islice(corpus.items(0), 3000) for question in exams)


def test_the_base_corpus_never_answers_a_department_with_one_of_its_own_codes() -> None:
    kinds = {key: corpus_references.KINDS[key] for key in departments.CODES}
    for item in islice(corpus.items(3), 30_000):
        asked, answered = user(item), item["messages"][1]["content"]
        if asked.startswith(("Repeat: ", "重复：")):
            assert asked.split(maxsplit=1)[-1].removeprefix("重复：") == answered
            continue
        for key, codes in departments.CODES.items():
            if any(kind in answered for kind in kinds[key].values()):
                assert not set(re.findall(r"(?<![A-Z\d])\d+", answered)) & set(codes), item


def test_the_corpus_is_wide() -> None:
    items = list(islice(corpus.items(0), 5000))
    assert len({user(item) for item in items}) > 4950
    assert len(corpus.INTENTS) == 10
    assert sum(map(len, corpus.INTENTS.values())) == 59
    chinese = sum(any("\u4e00" <= c <= "\u9fff" for c in user(item)) for item in items)
    assert 0.45 < chinese / len(items) < 0.55


def test_importing_the_departments_does_not_load_the_ml_stack() -> None:
    program = "import sys, aird.sample.departments, aird.sample.base; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path)}, check=True)


def test_the_card_states_the_held_out_rule() -> None:
    for department in DEPARTMENTS:
        assert "No exam question occurs in training" in department.card
        assert set(department.title) == {"en", "zh"}
