"""A task of lm-evaluation-harness, from its YAML and its documents to the items of an exam. Pure.

Known is what most tasks are made of: `output_type` multiple_choice, loglikelihood and generate_until, the `doc_to_*`
templates, a description, few-shot examples, and the metrics acc, acc_norm, exact_match, f1 and perplexity. What runs
Python (`!function`), includes other files or groups other tasks is refused by name.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from aird.evaluation.errors import TaskRefused
from aird.evaluation.models import Scorer
from aird.evaluation.task_templates import TemplateRefused, Templates

MAX_LINE = 256 * 1024
MAX_DOCUMENTS = 100_000
MAX_SHOTS = 64

_IGNORED = {
    "dataset_path", "dataset_name", "dataset_kwargs", "training_split", "validation_split", "test_split",
    "fewshot_split", "fewshot_config", "fewshot_delimiter", "target_delimiter", "metadata", "tag", "task_alias",
    "should_decontaminate", "doc_to_decontamination_query", "unsafe_code",
}  # fmt: skip
_READ = {
    "task", "description", "output_type", "doc_to_text", "doc_to_target", "doc_to_choice", "num_fewshot", "metric_list",
    "generation_kwargs", "filter_list", "repeats",
}  # fmt: skip


class _Loader(yaml.SafeLoader):
    """Plain YAML: no aliases, no tags."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias before it is followed."""
        if self.check_event(yaml.AliasEvent):
            raise TaskRefused("The YAML uses an alias (*name). Write the value out.", field="yaml")
        return super().compose_node(parent, index)


def _tagged(_loader: yaml.Loader, suffix: str, _node: yaml.Node) -> Any:
    raise TaskRefused(
        f"The task uses !{suffix[:40]}: it runs Python of its own, which is not done here. Write its templates out, or "
        "prepare the documents so that plain templates will do.",
        field=f"!{suffix[:40]}",
    )


_Loader.add_multi_constructor("!", _tagged)


@dataclass
class Task:
    """What the YAML says, with notes on what is done otherwise here."""

    name: str
    scorer: Scorer
    settings: dict[str, Any]
    templates: Mapping[str, Any]
    description: str
    shots: int
    notes: list[str] = field(default_factory=list)


def read(text: str) -> Task:
    """Raises TaskRefused, naming the field."""
    try:
        content = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise TaskRefused(f"This is not YAML: {str(error)[:200]}", field="yaml") from None
    if not isinstance(content, dict) or not isinstance(content.get("task"), str):
        raise TaskRefused(
            "A task is a mapping with its name as `task`. Groups of tasks are not known here.", field="task"
        )
    unknown = sorted(str(key) for key in content.keys() - _READ - _IGNORED)
    if unknown:
        raise TaskRefused(
            f"The field {unknown[0][:60]!r} of the task is not known here, and would change what is measured.",
            field=unknown[0][:60],
        )
    if content.get("repeats") not in (None, 1):
        raise TaskRefused("`repeats` is not known here: answers are greedy and the same every time.", field="repeats")
    notes: list[str] = []
    scorer, settings = _scorer(content, notes)
    if "doc_to_text" not in content or ("doc_to_target" not in content and scorer is not Scorer.CHOICE):
        raise TaskRefused("The task needs doc_to_text and doc_to_target.", field="doc_to_text")
    shots = content.get("num_fewshot") or 0
    if not isinstance(shots, int) or not 0 <= shots <= MAX_SHOTS:
        raise TaskRefused(f"`num_fewshot` must be a number from 0 to {MAX_SHOTS}.", field="num_fewshot")
    if shots:
        notes.append("few-shot examples are the first ones, as turns of the conversation")
    notes.append("questions are asked with the model's chat template")
    return Task(content["task"][:96], scorer, settings, content, str(content.get("description") or ""), shots, notes)


def items(task: Task, documents: str, shots: str | None) -> Iterator[dict[str, Any]]:
    """The exam's items, one for each document. Raises TaskRefused, naming the line."""
    templates = Templates()
    examples: list[dict[str, str]] = []
    if task.shots:
        for number, document in _documents(shots or ""):
            if len(examples) < 2 * task.shots:
                examples += _example(task, templates, document, number)
        if len(examples) < 2 * task.shots:
            raise TaskRefused(
                f"The task wants {task.shots} few-shot examples. Add as many documents as shots.", field="shots"
            )
    start = [{"role": "system", "content": task.description.strip()}] if task.description.strip() else []
    for number, document in _documents(documents):
        asked, wanted = _filled(task, templates, document, number)
        messages = [*start, *examples, {"role": "user", "content": asked}]
        yield {"id": str(document.get("id") or f"{task.name}-{number}")[:200], "messages": messages, **wanted}


def _example(task: Task, templates: Templates, document: dict[str, Any], number: int) -> list[dict[str, str]]:
    asked, wanted = _filled(task, templates, document, number)
    answer = wanted["target"] if "target" in wanted else wanted["choices"][wanted["answer"]]
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]


def _filled(task: Task, templates: Templates, document: dict[str, Any], number: int) -> tuple[str, dict[str, Any]]:
    try:
        asked = _text(templates, task.templates["doc_to_text"], document)
        if task.scorer is not Scorer.CHOICE:
            target = templates.value(str(task.templates["doc_to_target"]), document)
            targets = [str(each) for each in target] if isinstance(target, list | tuple) else [str(target)]
            return asked, {"target": targets[0].strip()} | ({"targets": targets} if len(targets) > 1 else {})
        choices = _choices(task, templates, document)
        return asked, {"choices": choices, "answer": _answer(task, templates, document, choices)}
    except (TemplateRefused, IndexError) as error:
        raise TaskRefused(f"Document {number}: {error}", field="documents", line=number) from None


def _text(templates: Templates, template: Any, document: Mapping[str, Any]) -> str:
    return templates.text(str(template), document).strip()


def _choices(task: Task, templates: Templates, document: dict[str, Any]) -> list[str]:
    given = task.templates.get("doc_to_choice")
    if isinstance(given, dict):
        given = list(given.values())
    if isinstance(given, list):
        return [_text(templates, each, document) for each in given]
    found = templates.value(str(given), document)
    if not isinstance(found, list | tuple):
        raise TemplateRefused("doc_to_choice gives no list")
    return [str(each).strip() for each in found]


def _answer(task: Task, templates: Templates, document: dict[str, Any], choices: list[str]) -> int:
    target = templates.value(str(task.templates.get("doc_to_target", "label")), document)
    if isinstance(target, str) and target.strip() in choices:
        return choices.index(target.strip())
    if isinstance(target, str) and target.strip().isdigit():
        target = int(target)
    if not isinstance(target, int) or not 0 <= target < len(choices):
        raise TemplateRefused(f"doc_to_target gives {str(target)[:40]!r}, which is none of the {len(choices)} choices")
    return target


def _documents(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or len(line) > MAX_LINE:
            raise TaskRefused(
                f"Line {number} of the documents is no JSON object of {MAX_LINE // 1024} KiB at most.",
                field="documents",
                line=number,
            )
        if number > MAX_DOCUMENTS:
            raise TaskRefused(f"An exam has {MAX_DOCUMENTS} items at most.", field="documents", line=number)
        yield number, found


def _scorer(content: Mapping[str, Any], notes: list[str]) -> tuple[Scorer, dict[str, Any]]:
    kind = content.get("output_type", "generate_until")
    metrics = _metrics(content)
    if kind == "multiple_choice":
        if not content.get("doc_to_choice"):
            raise TaskRefused("A multiple_choice task needs doc_to_choice.", field="doc_to_choice")
        chosen = _first(metrics, ("acc", "acc_norm"), notes)
        if chosen == "acc_norm":
            notes.append("acc_norm divides by tokens here, by characters there")
        return Scorer.CHOICE, {"per_token": True} if chosen == "acc_norm" else {}
    if kind == "loglikelihood":
        chosen = _first(metrics, ("acc", "perplexity"), notes)
        return (Scorer.EXACT if chosen == "acc" else Scorer.PERPLEXITY), {}
    if kind == "generate_until":
        return _generated(content, metrics, notes)
    raise TaskRefused(
        f"`output_type: {str(kind)[:40]}` is not known here; known are multiple_choice, loglikelihood, generate_until.",
        field="output_type",
    )


def _generated(
    content: Mapping[str, Any], metrics: Mapping[str, Mapping[str, Any]], notes: list[str]
) -> tuple[Scorer, dict[str, Any]]:
    options = content.get("generation_kwargs") or {}
    if not isinstance(options, dict) or options.get("do_sample") or float(options.get("temperature") or 0) > 0:
        raise TaskRefused("`generation_kwargs` samples; answers are greedy here.", field="generation_kwargs")
    tokens = options.get("max_gen_toks", 256)
    if not isinstance(tokens, int) or tokens < 1:
        raise TaskRefused("`max_gen_toks` must be a number of tokens.", field="generation_kwargs")
    settings: dict[str, Any] = {"max_tokens": min(tokens, 2048)}
    if options.get("until"):
        notes.append("answers end where the model ends them, not at the texts of `until`")
    if _first(metrics, ("exact_match", "f1"), notes) == "f1":
        return Scorer.F1, settings
    settings["normalise"] = True
    notes.append("answers are compared without case, punctuation and articles")
    return Scorer.EXACT, settings | _extraction(content, notes)


def _extraction(content: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    """What of the answer is compared: the first filter with a pattern says it."""
    filters = content.get("filter_list") or []
    if not isinstance(filters, list):
        raise TaskRefused("`filter_list` must be a list.", field="filter_list")
    if len(filters) > 1:
        notes.append(f"of {len(filters)} filters the first is used")
    found: dict[str, Any] = {}
    for step in (filters[0].get("filter") or []) if filters and isinstance(filters[0], dict) else []:
        name = step.get("function") if isinstance(step, dict) else None
        if name == "regex" and not found:
            found = {"extract": str(step.get("regex_pattern", "")), "last": step.get("group_select", 0) == -1}
        elif name not in ("take_first", "remove_whitespace"):
            raise TaskRefused(f"The filter {str(name)[:40]!r} is not known here.", field="filter_list")
    return {key: value for key, value in found.items() if value}


def _metrics(content: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    listed = content.get("metric_list") or []
    if not isinstance(listed, list) or not all(isinstance(each, dict) and "metric" in each for each in listed):
        raise TaskRefused("`metric_list` must list mappings with a `metric` each.", field="metric_list")
    return {str(each["metric"]): each for each in listed}


def _first(metrics: Mapping[str, Any], known: tuple[str, ...], notes: list[str]) -> str:
    usable = [each for each in metrics if each in known]
    if metrics and not usable:
        raise TaskRefused(
            f"The metric {next(iter(metrics))[:40]!r} is not known here for such a task; known are {', '.join(known)}.",
            field="metric_list",
        )
    if len(metrics) > 1:
        notes.append(f"of {len(metrics)} metrics {usable[0]} is the score")
    return usable[0] if usable else known[0]
