"""lm-evaluation-harness as the examiner of an exam of ours: it runs the model, and its answers are filed as ours are.

The harness is given the very prompts that our own runner gives, rendered by the model's chat template, so that the two
can be held against each other. Needs the extra `eval`; loaded by workers alone, when such an exam was ordered.
"""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from math import exp, isfinite
from typing import Any

from datasets import Dataset
from lm_eval.evaluator import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

from aird.evaluation import runner
from aird.evaluation.models import Scorer
from aird.evaluation.runner import PLAIN, Exam, Sheet
from aird.evaluation.scorers.generated import MAX_ANSWER, marked
from aird.evaluation.scorers.items import target_of
from aird.evaluation.scorers.outcome import Item, Outcome
from aird.evaluation.settings import ChoiceSettings
from aird.runtimes import chat
from aird.runtimes.errors import VersionUnusable
from aird.runtimes.hf import LoadedModel

BATCH = 16
NAME = "aird"


def examine(model: LoadedModel, exam: Exam) -> Sheet:
    """The version in use sits the exam, run by lm_eval; what it finds itself goes into the details."""
    items = exam.ways[PLAIN]
    tokenizer = model.tokenizer
    end = tokenizer.eos_token or ""
    documents = [_document(exam.scorer, tokenizer, item, end) for item in items]
    with _quiet():
        harness = HFLM(pretrained=model.network, tokenizer=tokenizer, batch_size=BATCH, max_length=model.context)
        found = simple_evaluate(
            model=harness,
            tasks=[_task(exam, documents, end)],
            task_manager=TaskManager(include_defaults=False),
            bootstrap_iters=0,
            log_samples=True,
        )
    samples = sorted(found["samples"][NAME], key=lambda each: each["doc_id"])
    outcomes = [_outcome(model, exam, item, sample["resps"]) for item, sample in zip(items, samples, strict=True)]
    results = {key: float(value) for key, value in found["results"][NAME].items() if isinstance(value, float)}
    return runner.sheet(exam, {PLAIN: outcomes}, lm_eval={"version": version("lm_eval"), "results": results})


def _document(scorer: Scorer, tokenizer: Any, item: Item, end: str) -> dict[str, Any]:
    asked = chat.prompt_text(tokenizer, item["messages"])
    if scorer is Scorer.CHOICE:
        return {"asked": asked, "choices": [f"{each}{end}" for each in item["choices"]], "answer": item["answer"]}
    if scorer in (Scorer.EXACT, Scorer.PERPLEXITY):
        return {"asked": asked, "target": f"{target_of(item)}{end}"}
    return {"asked": asked, "target": ""}


def _task(exam: Exam, documents: Sequence[Mapping[str, Any]], end: str) -> dict[str, Any]:
    task: dict[str, Any] = {
        "task": NAME,
        "custom_dataset": lambda **_: {"test": Dataset.from_list(list(documents))},
        "test_split": "test",
        "doc_to_text": lambda document: document["asked"],
        "doc_to_target": lambda document: document.get("target", document.get("answer")),
        "target_delimiter": "",
    }
    if exam.scorer is Scorer.CHOICE:
        task |= {"output_type": "multiple_choice", "doc_to_choice": lambda document: document["choices"]}
        return task | {"metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]}
    generating = runner.mark_of(exam)
    if generating is None:
        return task | {"output_type": "loglikelihood"}
    return task | {
        "output_type": "generate_until",
        "generation_kwargs": {
            "until": [end] if end else [],
            "do_sample": False,
            "max_gen_toks": generating[1],
        },
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }


def _outcome(model: LoadedModel, exam: Exam, item: Item, answers: Sequence[Any]) -> Outcome:
    """What the harness answered for one item: pairs of log-likelihood and "is it the greedy one", or a text."""
    generating = runner.mark_of(exam)
    if generating is not None:
        text = str(answers[0][0])[:MAX_ANSWER]
        return marked(item, text, generating[0](item, text))
    likely = [float(each[0][0]) for each in answers]
    if not all(isfinite(each) for each in likely):
        raise VersionUnusable(
            "The model scores answers with NaN or infinity, so this version is unusable. Retire it and train it again."
        )
    if exam.scorer is Scorer.CHOICE:
        return _choice(model, exam, item, likely)
    if exam.scorer is Scorer.EXACT:
        return Outcome(str(item["id"]), bool(answers[0][0][1]), None, None)
    tokens = len(chat.answer_ids(model.tokenizer, item["messages"], target_of(item), model.end_ids))
    probability = exp(likely[0] / tokens)
    return Outcome(str(item["id"]), probability >= 1.0, None, None, probability, None, tokens)


def _choice(model: LoadedModel, exam: Exam, item: Item, likely: list[float]) -> Outcome:
    if isinstance(exam.settings, ChoiceSettings) and exam.settings.per_token:
        encoder = chat.ChoiceEncoder(model.tokenizer, model.end_ids)
        lengths = [len(each) for each in encoder.ids(item["messages"], item["choices"])]
        likely = [each / length for each, length in zip(likely, lengths, strict=True)]
    chosen = max(range(len(likely)), key=likely.__getitem__)
    right = chosen == item["answer"]
    confidence = 1 / sum(exp(each - likely[chosen]) for each in likely)
    return Outcome(str(item["id"]), right, chosen, item["choices"][chosen], float(right), confidence)


@contextmanager
def _quiet() -> Iterator[None]:
    """The harness speaks much, and warns of what is meant so."""
    level = logging.getLogger("lm_eval").level
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.getLogger("lm_eval").setLevel(level)
