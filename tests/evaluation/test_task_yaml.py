"""Tasks of lm-evaluation-harness become exams, or are refused by name."""

import json
from typing import Any

import pytest

from aird.evaluation import task_yaml
from aird.evaluation.errors import TaskRefused
from aird.evaluation.models import Scorer
from aird.evaluation.task_templates import TemplateRefused, Templates

MULTIPLE = """
task: desk
dataset_path: json
output_type: multiple_choice
description: "Answer shortly.\\n\\n"
doc_to_text: "Question: {{ question.strip() }}\\nAnswer:"
doc_to_choice: "{{ [first, second | trim, 'none of them'] }}"
doc_to_target: "{{ label }}"
metric_list:
  - metric: acc
    aggregation: mean
  - metric: acc_norm
metadata:
  version: 1.0
"""
GENERATED = """
task: sums
output_type: generate_until
doc_to_text: question
doc_to_target: "{{ answer.split('####')[1] | trim }}"
generation_kwargs: {until: ["Question:"], do_sample: false, max_gen_toks: 40}
num_fewshot: 1
metric_list: [{metric: exact_match, ignore_case: true}]
filter_list:
  - name: flexible
    filter:
      - {function: regex, group_select: -1, regex_pattern: "(-?[0-9]+)"}
      - {function: take_first}
"""
SUM = {"question": "2 and 3?", "answer": "two and three #### 5"}


def made(yaml: str, *documents: dict[str, Any], shots: str | None = None) -> list[dict[str, Any]]:
    return list(task_yaml.items(task_yaml.read(yaml), "\n".join(map(json.dumps, documents)), shots))


def test_a_multiple_choice_task_becomes_items_with_choices() -> None:
    task = task_yaml.read(MULTIPLE)
    assert (task.name, task.scorer, task.settings) == ("desk", Scorer.CHOICE, {})
    document = {"question": " Where? ", "first": "Here.", "second": " There. ", "label": 1}
    [item] = made(MULTIPLE, document)
    assert item == {
        "id": "desk-1",
        "messages": [
            {"role": "system", "content": "Answer shortly."},
            {"role": "user", "content": "Question: Where?\nAnswer:"},
        ],
        "choices": ["Here.", "There.", "none of them"],
        "answer": 1,
    }
    assert any("metrics" in note for note in task.notes)


@pytest.mark.parametrize("target", ["label", "{{ choices[label] }}", "{{label}}"])
def test_the_answer_may_be_a_place_or_the_text_of_a_choice(target: str) -> None:
    yaml = f"task: t\noutput_type: multiple_choice\ndoc_to_text: q\ndoc_to_choice: choices\ndoc_to_target: '{target}'"
    [item] = made(yaml, {"q": "?", "choices": ["a", "b"], "label": 1, "id": 7})
    assert (item["id"], item["choices"], item["answer"]) == ("7", ["a", "b"], 1)


def test_a_generated_answer_is_compared_by_what_its_filter_finds() -> None:
    task = task_yaml.read(GENERATED)
    assert task.scorer is Scorer.EXACT
    assert task.settings == {"max_tokens": 40, "normalise": True, "extract": "(-?[0-9]+)", "last": True}
    [item] = made(GENERATED, SUM, shots=json.dumps({"question": "1 and 1?", "answer": "#### 2"}))
    assert [each["content"] for each in item["messages"]] == ["1 and 1?", "2", "2 and 3?"]
    assert item["target"] == "5"


def test_likelihood_tasks_become_exact_match_or_perplexity() -> None:
    yaml = "task: t\noutput_type: loglikelihood\ndoc_to_text: q\ndoc_to_target: a\nmetric_list: [{metric: METRIC}]"
    assert task_yaml.read(yaml.replace("METRIC", "acc")).scorer is Scorer.EXACT
    assert task_yaml.read(yaml.replace("METRIC", "perplexity")).scorer is Scorer.PERPLEXITY


@pytest.mark.parametrize(
    ("yaml", "field"),
    [
        ("task: [1", "yaml"),
        ("- a", "task"),
        ("task: {a: 1}", "task"),
        ("task: t\ndoc_to_text: !function utils.text\ndoc_to_target: a", "!function"),
        ("task: t\nprocess_docs: x", "process_docs"),
        ("include: other.yaml\ntask: t", "include"),
        ("task: t\nrepeats: 3\ndoc_to_text: q\ndoc_to_target: a", "repeats"),
        ("task: t\noutput_type: loglikelihood_rolling\ndoc_to_text: q\ndoc_to_target: a", "output_type"),
        ("task: t\noutput_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: a", "doc_to_choice"),
        ("task: t\ndoc_to_text: q\ndoc_to_target: a\nmetric_list: [{metric: bleu}]", "metric_list"),
        ("task: t\ndoc_to_text: q\ndoc_to_target: a\ngeneration_kwargs: {do_sample: true}", "generation_kwargs"),
        ("task: t\ndoc_to_text: q\ndoc_to_target: a\nnum_fewshot: many", "num_fewshot"),
        ("task: &a t\ndescription: *a\ndoc_to_text: q\ndoc_to_target: a", "yaml"),
        ("task: t\ndoc_to_text: q", "doc_to_text"),
        ("[" * 5000, "yaml"),
    ],
)
def test_what_is_not_known_is_refused_by_name(yaml: str, field: str) -> None:
    with pytest.raises(TaskRefused) as refused:
        task_yaml.read(yaml)
    assert refused.value.params["field"] == field


@pytest.mark.parametrize("line", ["{", "[]", '{"q": "?"}'])
def test_a_document_that_does_not_fit_is_refused_with_its_line(line: str) -> None:
    task = task_yaml.read("task: t\ndoc_to_text: '{{ q }}'\ndoc_to_target: '{{ a }}'")
    good = json.dumps({"q": "?", "a": "!"})
    assert len(list(task_yaml.items(task, good, None))) == 1
    with pytest.raises(TaskRefused) as refused:
        list(task_yaml.items(task, f"{good}\n{line}", None))
    assert refused.value.params["line"] == 2


def test_few_shot_examples_must_be_there() -> None:
    with pytest.raises(TaskRefused, match="shots"):
        made(GENERATED, SUM)


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 9999999999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%9999999999d' % 1 }}",
        "{{ q.__class__.__mro__ }}",
        "{{ q.replace('x', 'xxxxxxxxx') }}",
        "{{ q | replace('x', q) }}",
        "{{ q.join(q) }}",
        "{{ q.ljust(9999999999) }}",
        "{{ range(9) }}",
        "{% set a = q %}{{ a }}",
        "{{ missing }}",
        "{{ q",
    ],
)
def test_a_template_that_could_run_away_is_refused(template: str) -> None:
    with pytest.raises(TemplateRefused):
        Templates().text(template, {"q": "xxx"})


def test_ordinary_templates_are_filled_in() -> None:
    document = {"q": "a b", "list": [1, 2], "n": {"m": "deep"}, "right": "B"}
    filled = {
        "{{ q.replace('a', '') | trim }}": "b",
        "{{ n.m | upper }} {{ list[1] }}": "DEEP 2",
        "{% if right == 'B' %}yes{% else %}no{% endif %}": "yes",
        "{{ ', '.join(['x', q]) }}": "x, a b",
        "q": "a b",
    }
    assert {template: Templates().text(template, document) for template in filled} == filled
    assert Templates().value("{{ ['A', 'B'].index(right) }}", document) == 1
