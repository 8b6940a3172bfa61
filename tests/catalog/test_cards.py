"""Model cards: read with limits, written out again, understood by the stock client's own parser."""

from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard, ModelCardData, parse_eval_result_entries
from huggingface_hub import eval_result_entries_to_yaml as entries_to_yaml
from huggingface_hub.repocard_data import EvalResult

from aird.catalog import card_writing, cards
from aird.catalog.card_writing import Facts, ParentFact, SkillFact
from aird.catalog.errors import CardRefused
from aird.catalog.models import Kind, Relation

FULL = """---
base_model: [platform/base, support/mail]
base_model_relation: merge
license: other
license_name: house-rules
license_link: LICENSE.md
language: [zh, en]
datasets: support/mails
tags: [mail, support]
pipeline_tag: text-generation
library_name: peft
new_version: support/mail-2
extra_gated_prompt: Say why.
extra_gated_fields:
  Why: text
  I agree: checkbox
  Where: {type: select, options: [here, there]}
made: 2026-11-26
model-index:
- name: mail
  results:
  - task: {type: text-generation}
    dataset: {type: support/exam, name: The exam}
    metrics: [{type: accuracy, value: 0.9}, {type: f1, value: "high", name: F1}]
    source: {url: "https://example.org/run", name: A run}
---
# Mail

Sorts the mail.
"""
SKILL = SkillFact("support/exam", "accuracy", 0.9, 0.85, 0.94, 100)


def front(**fields: Any) -> str:
    return f"---\n{yaml.safe_dump(fields)}---\nBody\n"


def facts(**changes: Any) -> Facts:
    plain: dict[str, Any] = {
        "ref": "support/both@2",
        "digest": "sha256:" + "0" * 64,
        "title": "Both",
        "kind": Kind.ADAPTER,
        "parameters": 1000,
        "base": "platform/base@1",
        "licence": "apache-2.0",
        "skills": [SKILL],
    }
    return Facts(**{**plain, **changes})


def test_every_field_of_a_card_is_read() -> None:
    card = cards.read(FULL)
    assert card.body == "# Mail\n\nSorts the mail.\n"
    found = card.metadata
    assert cards.base_models(found) == ["platform/base", "support/mail"]
    assert (cards.languages(found), found["datasets"], cards.licence(found)) == (
        ["zh", "en"], ["support/mails"], "house-rules",
    )  # fmt: skip
    assert (found["made"], found["extra_gated_fields"]["I agree"]) == ("2026-11-26", "checkbox")


def test_scores_of_a_card_are_claims() -> None:
    first, second = cards.claims(cards.read(FULL).metadata)
    assert (first.task, first.dataset, first.metric, first.value) == ("text-generation", "The exam", "accuracy", 0.9)
    assert (second.metric, second.value, second.source) == ("F1", "high", "https://example.org/run")


@pytest.mark.parametrize(
    "text", ["", "# Mail\n", "---\n", "---\nlicense: mit\n", "--- x\nlicense: mit\n---\n", "---\n---\nBody"]
)
def test_a_readme_without_a_block_has_no_metadata(text: str) -> None:
    assert cards.read(text).metadata == {}
    assert cards.read(front(license="mit")).metadata == {"license": "mit"}


@pytest.mark.parametrize(
    "text",
    ["---\r\nlicense: mit\r\n---\r\nBody", "\n\n---\nlicense: mit\n---  \nBody", "\ufeff---\nlicense: mit\n---\nBody"],
)
def test_line_ends_and_blank_lines_do_not_matter(text: str) -> None:
    card = cards.read(text.encode())
    assert (card.metadata, card.body) == ({"license": "mit"}, "Body")


def test_the_language_no_is_norwegian() -> None:
    assert cards.languages(cards.read("---\nlanguage: no\n---\n").metadata) == ["no"]
    assert cards.languages(cards.read("---\nlanguage: [en, no]\n---\n").metadata) == ["en", "no"]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"base_model_relation": "distill"}, "base_model_relation"),
        ({"base_model": {"a": 1}}, "base_model"),
        ({"base_model": ["x"] * 300}, "base_model"),
        ({"license": "x" * 300}, "license"),
        ({"license": "a\nb"}, "license"),
        ({"license_link": "javascript:alert(1)"}, "license_link"),
        ({"license_link": "../../etc/passwd"}, "license_link"),
        ({"tags": [["nested"]]}, "tags"),
        ({"language": 3.5j}, "line"),
        ({"value": float("nan")}, "value"),
        ({"pipeline_tag": ["a"]}, "pipeline_tag"),
        ({"model-index": {"name": "x"}}, "model-index"),
        ({"model-index": [{"name": "x"}]}, "model-index[0]"),
        ({"model-index": [{"name": "x", "results": [{}]}]}, "model-index[0].results[0]"),
        ({"model-index": [{"name": "x", "results": [3]}]}, "model-index[0].results[0]"),
        ({"extra_gated_fields": {"Q": "password"}}, "extra_gated_fields.Q"),
        ({"extra_gated_fields": {"Q": {"type": "select"}}}, "extra_gated_fields.Q"),
        ({"extra_gated_fields": ["Q"]}, "extra_gated_fields"),
        ({"extra_gated_prompt": "x" * 5000}, "extra_gated_prompt"),
        ({".eval_results": []}, ".eval_results"),
    ],
)
def test_a_field_of_another_shape_is_refused_by_name(fields: dict[str, Any], place: str) -> None:
    text = front(**fields) if place != "line" else "---\nlanguage: !!python/complex 3.5j\n---\n"
    with pytest.raises(CardRefused) as refusal:
        cards.read(text)
    assert refusal.value.status == 422
    assert place in str(refusal.value.params["field"])


BOMB = "---\na: &a [x, x]\nb: &b [*a, *a]\n---\n"


@pytest.mark.parametrize("text", [
    BOMB, "---\nlicense: mit\nlicense: gpl\n---\n", "---\n- a\n---\n", "---\n{\n---\n",
    "---\na: " + "[" * 50 + "\n---\n", "---\nx: " + "a" * 70_000 + "\n---\n", "---\n3: x\n---\n",
    '---\nx: "\\0"\n---\n',
])  # fmt: skip
def test_a_block_that_is_not_plain_yaml_is_refused(text: str) -> None:
    with pytest.raises(CardRefused) as refusal:
        cards.read(text)
    assert "recipe" not in refusal.value.message


@pytest.mark.parametrize("raw", [b"---\nx: \xff\n---\n", b"x" * (cards.MAX_README + 1)])
def test_bytes_that_are_no_text_or_too_many_are_refused(raw: bytes) -> None:
    with pytest.raises(CardRefused):
        cards.read(raw)


def test_eval_results_are_read_as_the_client_writes_them() -> None:
    entries = [
        {"dataset": {"id": "cais/hle", "task_id": "default", "revision": "a" * 40}, "value": 20.9,
         "date": "2026-11-26", "source": {"url": "https://example.org", "name": "Logs"}, "notes": "no-tools"},
        {"dataset": {"id": "support/exam", "task_id": "mail"}, "value": 0.5},
    ]  # fmt: skip
    found = cards.read_eval_results(yaml.dump(entries_to_yaml(parse_eval_result_entries(entries))), "hle.yaml")
    assert found == entries
    assert entries_to_yaml(parse_eval_result_entries(found)) == entries
    claims = cards.claims({cards.EVAL_RESULTS: found})
    assert [(each.dataset, each.task, each.value) for each in claims] == [
        ("cais/hle", "default", 20.9), ("support/exam", "mail", 0.5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "- {value: 1}",
        "- {dataset: {id: a}, value: 1}",
        "- 3",
        "x",
        "",
        "- {dataset: {id: a, task_id: b}}",
        "- {dataset: {id: a, task_id: b}, value: 1, source: x}",
    ],
)
def test_eval_results_of_another_shape_are_refused(text: str) -> None:
    with pytest.raises(CardRefused):
        cards.read_eval_results(text, "x.yaml")
    assert cards.read_eval_results("- {dataset: {id: a, task_id: b}, value: 1}", "x.yaml")


def test_a_card_that_the_client_wrote_reads_back_the_same() -> None:
    data = ModelCardData(
        base_model=["platform/base"], language="en", license="mit", library_name="peft", tags=["a", "b"],
        model_name="mail", base_model_relation="merge",
        eval_results=[EvalResult(task_type="text-generation", dataset_type="exam", dataset_name="Exam",
                                 metric_type="accuracy", metric_value=0.9)],
    )  # fmt: skip
    text = str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n# Mail\n"))
    card = cards.read(text)
    again = ModelCard(card_writing.readme(card.metadata, card.body))
    assert again.data.to_dict() == data.to_dict()
    assert [each.value for each in cards.claims(card.metadata)] == [0.9]


def test_a_written_card_is_understood_by_the_client() -> None:
    written = facts(
        parents=[ParentFact("support/mail@1", Relation.MERGE, 0.7), ParentFact("hr/leave@2", Relation.MERGE, 0.3)]
    )
    text = card_writing.readme(card_writing.metadata(written), card_writing.body(written))
    card = ModelCard(text)
    assert card.data.base_model == ["support/mail", "hr/leave"]
    assert card.data.to_dict()["base_model_relation"] == "merge"
    [result] = card.data.eval_results or []
    assert (result.dataset_name, result.metric_type, result.metric_value) == ("support/exam", "accuracy", 0.9)
    assert cards.read(text).metadata == card_writing.metadata(written)
    assert "0.900" in cards.read(text).body


@pytest.mark.parametrize(
    ("parents", "base", "expected"),
    [
        ([], "platform/base@1", ("adapter", "platform/base")),
        ([], None, (None, None)),
        ([ParentFact("a/b@1", Relation.CONTINUED)], None, ("finetune", "a/b")),
        ([ParentFact("a/b@1", Relation.QUANTIZED)], None, ("quantized", "a/b")),
        ([ParentFact("a/b@1", Relation.EXTRACTED)], "platform/base@1", ("adapter", "platform/base")),
        ([ParentFact("a/l@1", Relation.BAKED), ParentFact("a/b@1", Relation.CONTINUED)], None, ("finetune", "a/b")),
        ([ParentFact("a/t@1", Relation.TEACHER), ParentFact("a/s@1", Relation.STUDENT)], None, ("finetune", "a/s")),
        ([ParentFact("a/t@1", Relation.TEACHER)], "platform/base@1", ("finetune", "platform/base")),
    ],
)
def test_the_relation_is_said_in_the_hubs_words(
    parents: list[ParentFact], base: str | None, expected: tuple[str | None, str | None]
) -> None:
    found = card_writing.metadata(facts(parents=parents, base=base))
    assert (found.get("base_model_relation"), found.get("base_model")) == expected
    distilled = any(each.relation is Relation.TEACHER for each in parents)
    assert ("distillation" in found.get("tags", [])) == distilled
    assert [each["version"] for each in found["aird"].get("parents", [])] == [each.ref for each in parents]
