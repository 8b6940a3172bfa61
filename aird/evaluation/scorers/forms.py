"""Forms that JSON answers must have: JSON Schema, the part of it that can be checked in bounded time.

Refused are remote references and what needs the whole of a schema at once (dynamic references, patterns of names);
patterns are searched with a limit of time, and references are counted, so that no form can hang an exam.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from aird.evaluation.scorers import patterns

MAX_FORM = 64 * 1024
MAX_REFERENCES = 2000

_WORDS = """
    $schema $id $comment $ref $defs definitions title description default examples deprecated readOnly writeOnly type
    enum const properties required additionalProperties propertyNames minProperties maxProperties items prefixItems
    minItems maxItems uniqueItems contains minContains maxContains minimum maximum exclusiveMinimum exclusiveMaximum
    multipleOf minLength maxLength pattern format anyOf oneOf allOf not if then else dependentRequired
"""
_KNOWN = frozenset(_WORDS.split())
_ONE = frozenset({"additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else"})
_MANY = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_NAMED = frozenset({"properties", "$defs", "definitions"})


class FormRefused(ValueError):
    """The form is not a JSON Schema that can be checked here"""


def check(form: Mapping[str, Any]) -> None:
    """Refuse what could not be checked. Raises FormRefused."""
    if len(json.dumps(form)) > MAX_FORM:
        raise FormRefused(f"it is larger than {MAX_FORM // 1024} KiB")
    try:
        Draft202012Validator.check_schema(form)
        _walk(form)
    except jsonschema.SchemaError as error:
        raise FormRefused(error.message[:200]) from None
    except RecursionError:
        raise FormRefused("it is nested too deeply") from None


def fits(form: Mapping[str, Any], value: Any) -> bool:
    """Whether the value has the form; a form that runs in circles fits nothing."""
    left = [MAX_REFERENCES]

    def reference(validator: Any, target: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
        left[0] -= 1
        if left[0] < 0:
            yield ValidationError("too many references")
            return
        yield from validator._validate_reference(ref=target, instance=instance)

    checker = extend(Draft202012Validator, {"$ref": reference, "pattern": _pattern})  # type: ignore[no-untyped-call]
    try:
        return bool(checker(form, registry=Registry()).is_valid(value))
    except RecursionError:
        return False


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str):
        try:
            if patterns.found(pattern, instance):
                return
        except patterns.PatternTooSlow:
            pass
        yield ValidationError("the pattern is not in the text")


def _walk(form: Any) -> None:
    if not isinstance(form, Mapping):
        return
    for word, content in form.items():
        if word not in _KNOWN:
            raise FormRefused(f"it uses {word[:40]!r}, which is not known here")
        if word == "$ref" and not str(content).startswith("#"):
            raise FormRefused("it refers to another document")
        if word == "pattern":
            patterns.compiled(str(content))
        elif word in _ONE:
            _walk(content)
        elif word in _MANY:
            for each in content:
                _walk(each)
        elif word in _NAMED:
            for each in content.values():
                _walk(each)
