"""Model cards: the YAML at the head of a README.md, read with limits, and the scores that a card claims. Pure.

The fields are those of the Hugging Face Hub's model cards (hub-docs, modelcard.md) and of `.eval_results/*.yaml`
(hub-docs, eval_results.yaml). What a field may be is checked here; a field that is not known is kept as it is. A score
in a card is what somebody claims: nothing here turns it into a measured one.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from aird.catalog.errors import CardRefused
from aird.core.recipe_yaml import RecipeRefused, load_mapping

README = "README.md"
EVAL_RESULTS = ".eval_results"
"""The key under which a card keeps the entries of `.eval_results/*.yaml`; no field of a README begins with a dot."""
MAX_README = 2 * 1024 * 1024
MAX_ITEMS = 256
MAX_WORD = 200
MAX_PROSE = 4000
MAX_CLAIMS = 2000
RELATIONS = ("adapter", "merge", "quantized", "finetune")
GATED_FIELDS = ("text", "checkbox", "date_picker", "country", "select")

# As huggingface_hub finds it (repocard.py), without its backtracking over the blank lines before the block.
_fence = re.compile(r"---(?:\r\n|\r|\n)")
_end = re.compile(r"(?:^|\r\n|\r|\n)---[ \t]*(?:\r\n|\r|\n|\Z)")
_link = re.compile(r"https?://[^\s]+|[A-Za-z0-9][A-Za-z0-9._/-]*", re.ASCII)


@dataclass(frozen=True)
class Card:
    """A README in its two parts; `body` is the Markdown below the YAML."""

    metadata: dict[str, Any]
    body: str


@dataclass(frozen=True)
class Claim:
    """A score that a card states; `source` says where it is from, as far as the card does."""

    task: str
    dataset: str
    metric: str
    value: float | str
    source: str = ""


def read(text: str | bytes) -> Card:
    """The README's YAML as plain JSON values, and its Markdown. Raises CardRefused."""
    if isinstance(text, bytes):
        if len(text) > MAX_README:
            _refuse("", f"it has {len(text)} bytes; at most {MAX_README} are read. Shorten it.")
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            _refuse("", f"it is not UTF-8 text (byte {error.start}). Save it as UTF-8.")
    block, body = split(text)
    if not block.strip():
        return Card({}, body)
    return Card(check(_load(block)), body)


def split(text: str) -> tuple[str, str]:
    """(the YAML between the first two `---` lines, what follows); ("", the whole text) without such lines."""
    start = text.lstrip()
    begin = _fence.match(start)
    end = _end.search(start, begin.end()) if begin else None
    if begin is None or end is None:
        return "", text
    return start[begin.end() : end.start()], start[end.end() :]


def read_eval_results(text: str | bytes, file: str) -> list[dict[str, Any]]:
    """The entries of a `.eval_results/*.yaml`. Raises CardRefused."""
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    # The loader takes mappings; a list at the left margin is as good a value of a key as an indented one.
    entries = _load(b"entries:\n" + raw.removeprefix(b"\xef\xbb\xbf").removeprefix(b"---\n"))["entries"]
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_ITEMS:
        _refuse(file, f"it is a list of 1 to {MAX_ITEMS} entries, each with `dataset` and `value`.")
    return [_eval_result(entry, f"{file}[{number}]") for number, entry in enumerate(entries)]


def claims(card: Mapping[str, Any]) -> list[Claim]:
    """What a checked card claims, in its model-index and in its `.eval_results`."""
    found = [*_indexed(card.get("model-index") or []), *map(_entered, card.get(EVAL_RESULTS) or [])]
    return found[:MAX_CLAIMS]


def base_models(card: Mapping[str, Any]) -> list[str]:
    """The models that the card says this one was made from."""
    return _listed(card.get("base_model"))


def languages(card: Mapping[str, Any]) -> list[str]:
    """The languages of the card."""
    return _listed(card.get("language"))


def licence(card: Mapping[str, Any]) -> str:
    """The card's licence: for `other` its own name, where it has one."""
    names = _listed(card.get("license"))
    name = names[0] if names else ""
    own = card.get("license_name")
    return own if name == "other" and isinstance(own, str) and own else name


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def check(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata as plain JSON values, every known field of its shape. Raises CardRefused."""
    found: dict[str, Any] = {}
    for field, value in metadata.items():
        if field.startswith(".") or len(field) > MAX_WORD:
            _refuse(field[:80], "this is not the name of a field.")
        plain = _plain(value, field)
        if plain is None:
            continue  # `license:` with nothing behind it
        shape = _SHAPES.get(field)
        found[field] = shape(plain, field) if shape else plain
    return found


def _load(block: str | bytes) -> dict[str, Any]:
    try:
        return load_mapping(block)
    except RecipeRefused as error:
        where = str(error.params.get("key", ""))
        message = error.message.replace("recipe", "card").replace("'merge_method: linear' and a list 'models:'", "")
        raise CardRefused(message, field=where) from None


def _plain(value: Any, field: str) -> Any:
    """The value as JSON has it: dates as text, no NaN."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        _refuse(field, "NaN and infinity cannot be kept. Leave the value out.")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**63:
        _refuse(field, "the number is too large.")
    if isinstance(value, dict):
        return {key: _plain(each, f"{field}.{key}"[:MAX_WORD]) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, field) for each in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return _refuse(field, f"a value of the type {type(value).__name__} cannot be kept.")


def _word(value: Any, field: str) -> str:
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_WORD or not text.isprintable():
        _refuse(field, f"it must be a line of 1 to {MAX_WORD} characters.")
    return text.strip()


def _words(value: Any, field: str) -> Any:
    """A word, or a list of them."""
    if not isinstance(value, list):
        return _word(value, field)
    if len(value) > MAX_ITEMS:
        _refuse(field, f"it lists {len(value)} items; at most {MAX_ITEMS} are taken.")
    return [_word(each, field) for each in value]


def _list(value: Any, field: str) -> list[str]:
    found = _words(value, field)
    return found if isinstance(found, list) else [found]


def _language(value: Any, field: str) -> Any:
    # YAML reads the Norwegian `no` as false.
    if isinstance(value, list):
        return _words(["no" if each is False else each for each in value], field)
    return _words("no" if value is False else value, field)


def _relation(value: Any, field: str) -> str:
    if value not in RELATIONS:
        _refuse(field, f"it is one of {', '.join(RELATIONS)}.")
    return str(value)


def _address(value: Any, field: str) -> str:
    text = _word(value, field) if not isinstance(value, str) or len(value) <= MAX_WORD else value
    if len(text) > 2000 or not _link.fullmatch(text) or ".." in text:
        _refuse(field, "it is an http(s) address, or the name of a file beside the card.")
    return text


def _prose(value: Any, field: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_PROSE:
        _refuse(field, f"it is a text of at most {MAX_PROSE} characters.")
    return value


def _gated_fields(value: Any, field: str) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > 32:
        _refuse(field, "it is a map of up to 32 questions, each with its type.")
    for question, kind in value.items():
        place = f"{field}.{question[:80]}"
        found = kind.get("type") if isinstance(kind, dict) else kind
        if found not in GATED_FIELDS:
            _refuse(place, f"a question's type is one of {', '.join(GATED_FIELDS)}.")
        options = kind.get("options") if isinstance(kind, dict) else None
        if found == "select" and (not isinstance(options, list) or not 0 < len(options) <= MAX_ITEMS):
            _refuse(place, "a question of the type select has a list of `options`.")
    return value


def _model_index(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        _refuse(field, f"it is a list of at most {MAX_ITEMS} models with their `results`.")
    for number, model in enumerate(value):
        place = f"{field}[{number}]"
        if not isinstance(model, dict) or not isinstance(model.get("results"), list) or "name" not in model:
            _refuse(place, "it has a `name` and a list of `results`.")
        for at, result in enumerate(model["results"]):
            _result(result, f"{place}.results[{at}]")
    return value


def _result(result: Any, place: str) -> None:
    task, dataset, metrics = ((result.get(key) if isinstance(result, dict) else None) for key in _PARTS)
    if not isinstance(task, dict) or not isinstance(task.get("type"), str):
        _refuse(place, "it has a `task` with its `type`.")
    if not isinstance(dataset, dict) or not all(isinstance(dataset.get(key), str) for key in ("type", "name")):
        _refuse(place, "it has a `dataset` with `type` and `name`.")
    if not isinstance(metrics, list) or not all(_is_metric(each) for each in metrics):
        _refuse(place, "it has a list of `metrics`, each with `type` and `value`.")


_PARTS = ("task", "dataset", "metrics")


def _is_metric(metric: Any) -> bool:
    return isinstance(metric, dict) and isinstance(metric.get("type"), str) and "value" in metric


def _eval_result(entry: Any, place: str) -> dict[str, Any]:
    dataset = entry.get("dataset") if isinstance(entry, dict) else None
    if not isinstance(dataset, dict) or not all(isinstance(dataset.get(key), str) for key in ("id", "task_id")):
        _refuse(place, "it has a `dataset` with `id` and `task_id`.")
    if not isinstance(entry.get("value"), int | float | str) or isinstance(entry.get("value"), bool):
        _refuse(place, "it has a `value`.")
    source = entry.get("source")
    if source is not None and (not isinstance(source, dict) or not isinstance(source.get("url"), str)):
        _refuse(place, "its `source` has a `url`.")
    found: dict[str, Any] = _plain(entry, place)
    return found


def _indexed(index: list[Any]) -> Iterator[Claim]:
    for model in index:
        for result in model["results"]:
            source = result.get("source") or {}
            for metric in result["metrics"]:
                yield Claim(
                    task=result["task"]["type"],
                    dataset=result["dataset"]["name"],
                    metric=metric.get("name") or metric["type"],
                    value=_value(metric["value"]),
                    source=str(source.get("url", "")) if isinstance(source, dict) else "",
                )


def _entered(entry: Mapping[str, Any]) -> Claim:
    dataset, source = entry["dataset"], entry.get("source") or {}
    return Claim(dataset["task_id"], dataset["id"], "value", _value(entry["value"]), str(source.get("url", "")))


def _value(value: Any) -> float | str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number else str(value)[:MAX_WORD]


def _refuse(field: str, why: str) -> NoReturn:
    place = f"the field `{field}`" if field else "the file"
    raise CardRefused(f"{README} cannot be read as a model card: {place}: {why}", field=field)


_SHAPES: dict[str, Callable[[Any, str], Any]] = {
    "base_model": _words,
    "base_model_relation": _relation,
    "license": _words,
    "license_name": _word,
    "license_link": _address,
    "language": _language,
    "datasets": _list,
    "tags": _list,
    "pipeline_tag": _word,
    "library_name": _word,
    "new_version": _word,
    "model-index": _model_index,
    "extra_gated_fields": _gated_fields,
    "extra_gated_prompt": _prose,
    "extra_gated_heading": _prose,
    "extra_gated_description": _prose,
    "extra_gated_button_content": _prose,
}
