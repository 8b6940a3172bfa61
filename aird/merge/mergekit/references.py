"""A mergekit configuration read whole, with every model reference in it replaced.

mergekit takes a reference for a path or for a repository of the public Hub, skips keys that it does not know, opens
a file for a chat template's name and follows whatever it finds. So nothing of a recipe reaches it as it was written:
each key is known here, each value has its kind, each reference is a version of the catalog and is handed to `refer`,
and what `refer` answers stands in the configuration that is built anew.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aird.catalog.names import VersionRef
from aird.core.recipe_yaml import RecipeRefused
from aird.merge.recipe.references import read_reference
from aird.merge.recipe.values import MAX_NUMBER, finite, flag, only_known

MAX_INPUTS = 64
MAX_LAYERS = 512
MAX_SLICES = 512
MAX_STEPS = 1000
DTYPES = ("float32", "float16", "bfloat16", "float64")
TEMPLATES = ("alpaca", "chatml", "exaone", "llama3", "mistral")
KEYS = (
    *("merge_method", "models", "slices", "modules", "base_model", "parameters", "dtype", "out_dtype"),
    *("tokenizer_source", "tokenizer", "chat_template"),
)

_name = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_number = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, order=True)
class Input:
    """A model that a recipe names: a version, or a version with an adapter on it."""

    model: VersionRef
    lora: VersionRef | None = None

    def __str__(self) -> str:
        return f"{self.model}+{self.lora}" if self.lora else str(self.model)


Refer = Callable[[Input], str]


def rebuild(content: Mapping[str, Any], refer: Refer) -> dict[str, Any]:
    """The configuration for mergekit, without the block `aird`. Raises RecipeRefused."""
    only_known(dict(content), (*KEYS, "aird"), "", {})
    given = {key: value for key, value in content.items() if value is not None and key != "aird"}
    kinds = [key for key in ("models", "slices", "modules") if key in given]
    if len(kinds) != 1:
        raise _refused(
            "a recipe has exactly one of 'models', 'slices' and 'modules'"
            + (f", this one has {' and '.join(kinds)}." if kinds else "; this one has none. List the versions."),
            "no_models",
            kinds[-1] if kinds else "models",
        )
    config: dict[str, Any] = {"merge_method": given["merge_method"]}
    if "base_model" in given:
        config["base_model"] = _refer(given["base_model"], "base_model", refer)
    if "models" in given:
        config["models"] = _models(given["models"], "models", refer)
    if "slices" in given:
        config["slices"] = _slices(given["slices"], "slices", refer)
    if "modules" in given:
        config["modules"] = _modules(given["modules"], refer)
    _put(config, "parameters", _parameters(given.get("parameters"), "parameters"))
    for key in ("dtype", "out_dtype"):
        _put(config, key, _dtype(given.get(key), key))
    return config | _words(given, refer)


def _refer(value: Any, key: str, refer: Refer) -> str:
    return refer(Input(*read_reference(value, key)))


def _models(value: Any, key: str, refer: Refer) -> list[dict[str, Any]]:
    found = []
    for index, entry in enumerate(_entries(value, key, MAX_INPUTS)):
        at = f"{key}[{index}]"
        only_known(entry, ("model", "parameters"), at, {})
        found.append(_input(entry, at, refer))
    return found


def _input(entry: dict[str, Any], key: str, refer: Refer) -> dict[str, Any]:
    if entry.get("model") is None:
        raise _refused(f"{key} needs 'model: department/model@number'.", "no_model", key)
    found: dict[str, Any] = {"model": _refer(entry["model"], f"{key}.model", refer)}
    _put(found, "parameters", _parameters(entry.get("parameters"), f"{key}.parameters"))
    return found


def _slices(value: Any, key: str, refer: Refer) -> list[dict[str, Any]]:
    found, layers = [], 0
    for index, entry in enumerate(_entries(value, key, MAX_SLICES)):
        at = f"{key}[{index}]"
        only_known(entry, ("sources", "base_model", "residual_weight", "parameters"), at, {})
        one: dict[str, Any] = {"sources": []}
        lengths = set()
        for number, source in enumerate(_entries(entry.get("sources"), f"{at}.sources", MAX_INPUTS)):
            place = f"{at}.sources[{number}]"
            only_known(source, ("model", "layer_range", "parameters"), place, {})
            first, last = _range(source.get("layer_range"), f"{place}.layer_range")
            one["sources"].append(_input(source, place, refer) | {"layer_range": [first, last]})
            lengths.add(last - first)
        if len(lengths) > 1:
            raise _refused(
                f"{at} mixes layer ranges of {' and '.join(map(str, sorted(lengths)))} layers; every source of a"
                " slice gives as many layers. Make them equal.",
                "layer_range",
                at,
            )
        layers += lengths.pop()
        if entry.get("base_model") is not None:
            one["base_model"] = _refer(entry["base_model"], f"{at}.base_model", refer)
        if entry.get("residual_weight") is not None:
            one["residual_weight"] = finite(entry["residual_weight"], f"{at}.residual_weight")
        _put(one, "parameters", _parameters(entry.get("parameters"), f"{at}.parameters"))
        found.append(one)
    if layers > MAX_LAYERS:
        raise _refused(
            f"{key} makes a model of {layers} layers; at most {MAX_LAYERS} are built. Use fewer slices.",
            "layer_range",
            key,
        )
    return found


def _range(value: Any, key: str) -> tuple[int, int]:
    if isinstance(value, list) and len(value) == 2 and all(type(each) is int for each in value):
        first, last = value
        if 0 <= first < last <= MAX_LAYERS:
            return first, last
    raise _refused(
        f"{key} must be two whole numbers such as [0, 16]: the first layer, and the one behind the last.",
        "layer_range",
        key,
    )


def _modules(value: Any, refer: Refer) -> dict[str, Any]:
    if not isinstance(value, dict) or not value or len(value) > 8:
        raise _refused("'modules' must name parts of a model with their 'models' or 'slices'.", "bad_value", "modules")
    found: dict[str, Any] = {}
    for name, entry in value.items():
        key = f"modules.{name[:40]}"
        if not _name.fullmatch(name) or not isinstance(entry, dict):
            raise _refused(f"{key} is no part of a model with 'models' or 'slices' in it.", "bad_value", key)
        only_known(entry, ("models", "slices", "parameters"), key, {})
        if (entry.get("models") is None) == (entry.get("slices") is None):
            raise _refused(f"{key} needs either 'models' or 'slices'.", "no_models", key)
        one: dict[str, Any] = {}
        if entry.get("models") is not None:
            one["models"] = _models(entry["models"], f"{key}.models", refer)
        else:
            one["slices"] = _slices(entry["slices"], f"{key}.slices", refer)
        _put(one, "parameters", _parameters(entry.get("parameters"), f"{key}.parameters"))
        found[name] = one
    return found


def _parameters(value: Any, key: str) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _refused(f"{key} must be a mapping such as 'weight: 0.5'.", "bad_value", key)
    found = {}
    for name, setting in value.items():
        if not _name.fullmatch(name):
            raise _refused(f"{key}.{name[:40]!r} is not the name of a parameter.", "unknown_key", f"{key}.{name[:40]}")
        found[name] = _setting(setting, f"{key}.{name}", name)
    return found


def _setting(value: Any, key: str, name: str) -> Any:
    """A number or flag; a list of them, which is a gradient over the layers; or conditions on tensors' names."""
    if isinstance(value, dict):
        return [_condition(value, key, name)]
    if not isinstance(value, list):
        return _scalar(value, key, name)
    if not 1 <= len(value) <= MAX_LAYERS:
        raise _refused(f"{key} is an empty or endless list. Write numbers or conditions.", "bad_value", key)
    if all(isinstance(each, dict) for each in value):
        return [_condition(each, f"{key}[{index}]", name) for index, each in enumerate(value)]
    return [_scalar(each, f"{key}[{index}]", name) for index, each in enumerate(value)]


def _condition(entry: dict[str, Any], key: str, name: str) -> dict[str, Any]:
    only_known(entry, ("value", "filter"), key, {})
    chosen = entry.get("filter")
    if chosen is not None and not (isinstance(chosen, str) and 0 < len(chosen) <= 128 and chosen.isprintable()):
        raise _refused(f"{key}.filter must be part of a tensor's name, such as 'self_attn'.", "bad_value", key)
    value = entry.get("value")
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(each, dict) for each in value)):
        raise _refused(f"{key}.value must be a number or a list of numbers.", "bad_value", key)
    found: dict[str, Any] = {"value": _setting(value, f"{key}.value", name)}
    _put(found, "filter", chosen)
    return found


def _scalar(value: Any, key: str, name: str) -> Any:
    if isinstance(value, bool):
        return value
    if name == "max_iter":
        if type(value) is not int or not 1 <= value <= MAX_STEPS:
            raise _refused(f"{key} must be a whole number from 1 to {MAX_STEPS}.", "bad_value", key)
        return value
    # YAML 1.1 reads 1e-3 as text; mergekit takes it for a number, and so do we.
    if isinstance(value, str) and not _number.fullmatch(value):
        raise _refused(f"{key} must be a number or true or false, not {value[:40]!r}.", "bad_value", key)
    if isinstance(value, list | dict):
        raise _refused(f"{key} mixes numbers, lists and conditions. Write one kind.", "bad_value", key)
    return value if type(value) is int and abs(value) <= MAX_NUMBER else finite(value, key)


def _dtype(value: Any, key: str) -> str | None:
    if value is None:
        return None
    name = value.removeprefix("torch.") if isinstance(value, str) else ""
    if name not in DTYPES:
        raise _refused(f"{key} {str(value)[:40]!r} is not known. Use {', '.join(DTYPES)}.", "bad_value", key)
    return name


def _words(given: Mapping[str, Any], refer: Refer) -> dict[str, Any]:
    """What the recipe says of the tokenizer and the chat template."""
    found: dict[str, Any] = {}
    if "tokenizer_source" in given and "tokenizer" in given:
        raise _refused("'tokenizer_source' and 'tokenizer' exclude each other. Keep one.", "bad_value", "tokenizer")
    if "tokenizer_source" in given:
        found["tokenizer_source"] = _source(given["tokenizer_source"], "tokenizer_source", refer)
    if "tokenizer" in given:
        found["tokenizer"] = _tokenizer(given["tokenizer"], refer)
    template = given.get("chat_template")
    if template is not None:
        named = isinstance(template, str) and template in (*TEMPLATES, "auto")
        # mergekit opens a file for a short text without a brace; what has one is taken for a template.
        if not named and not (isinstance(template, str) and len(template) >= 20 and "{" in template):
            raise _refused(
                f"chat_template must be 'auto', one of {', '.join(TEMPLATES)}, or the text of a template.",
                "bad_value",
                "chat_template",
            )
        found["chat_template"] = template
    return found


def _source(value: Any, key: str, refer: Refer) -> str:
    return value if value in ("union", "base") else _refer(value, key, refer)


def _tokenizer(value: Any, refer: Refer) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _refused("'tokenizer' must be a mapping such as 'source: base'.", "bad_value", "tokenizer")
    only_known(value, ("source", "tokens", "pad_to_multiple_of"), "tokenizer", {})
    found: dict[str, Any] = {"source": _source(value.get("source", "union"), "tokenizer.source", refer)}
    padded = value.get("pad_to_multiple_of")
    if padded is not None:
        if type(padded) is not int or not 1 <= padded <= 4096:
            raise _refused(
                "tokenizer.pad_to_multiple_of must be a whole number from 1 to 4096.", "bad_value", "tokenizer"
            )
        found["pad_to_multiple_of"] = padded
    tokens = value.get("tokens")
    if tokens is not None:
        if not isinstance(tokens, dict) or len(tokens) > 4096:
            raise _refused("tokenizer.tokens must be a mapping from tokens to their source.", "bad_value", "tokenizer")
        found["tokens"] = {name: _token(name, each, refer) for name, each in tokens.items()}
    return found


def _token(name: str, value: Any, refer: Refer) -> dict[str, Any]:
    key = f"tokenizer.tokens.{name[:40]}"
    if not 0 < len(name) <= 256 or not isinstance(value, dict):
        raise _refused(f"{key} must be a mapping such as 'source: base/model'.", "bad_value", key)
    only_known(value, ("source", "force"), key, {})
    found: dict[str, Any] = {}
    if value.get("force") is not None:
        found["force"] = flag(value["force"], f"{key}.force")
    source = value.get("source")
    if isinstance(source, dict) and "kind" in source:
        found["source"] = _embedding(source, f"{key}.source", refer)
    elif source is not None:
        found["source"] = _refer(source, f"{key}.source", refer)
    return found


def _embedding(source: dict[str, Any], key: str, refer: Refer) -> dict[str, Any]:
    if source["kind"] == "zero":
        only_known(source, ("kind",), key, {})
        return {"kind": "zero"}
    if source["kind"] != "model_token":
        raise _refused(f"{key}.kind must be 'zero' or 'model_token'.", "bad_value", key)
    only_known(source, ("kind", "model", "token_id", "token"), key, {})
    found: dict[str, Any] = {"kind": "model_token", "model": _refer(source.get("model"), f"{key}.model", refer)}
    number, token = source.get("token_id"), source.get("token")
    if type(number) is int and 0 <= number < 2_000_000 and token is None:
        return found | {"token_id": number}
    if isinstance(token, str) and 0 < len(token) <= 256 and number is None:
        return found | {"token": token}
    raise _refused(f"{key} needs either 'token_id', a number, or 'token', a text.", "bad_value", key)


def _entries(value: Any, key: str, most: int) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
        raise _refused(f"{key} must be a list of entries such as '- model: support/answers@3'.", "no_models", key)
    if len(value) > most:
        raise _refused(f"{key} lists {len(value)} entries; at most {most} are taken.", "too_many_models", key)
    return value


def _put(config: dict[str, Any], key: str, value: Any) -> None:
    if value is not None:
        config[key] = value


def _refused(message: str, reason: str, key: str) -> RecipeRefused:
    first = message.partition(" ")[0]
    text = message[0].upper() + message[1:] if first.isalpha() else message  # slices[0] is spelt as it is written
    return RecipeRefused(text, reason=reason, key=key[:80])
