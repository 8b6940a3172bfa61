"""Templates of lm-evaluation-harness tasks, rendered without trust. Pure.

A template comes from outside and is filled in the web process, so only what ends in bounded time and space is known
here: names, indices, conditions, and methods and filters of text. Loops, assignments, multiplication, and replacing
text by longer text are refused by name.
"""

import ast
from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment

MAX_TEMPLATE = 8000
MAX_NODES = 500

_KNOWN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.If,
    nodes.Concat, nodes.Add, nodes.Sub, nodes.Neg, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Slice,
    nodes.Call, nodes.Keyword,
)  # fmt: skip
_FILTER_NAMES = "trim lower upper capitalize title length first last join replace default int string list"
_METHOD_NAMES = """
    strip lstrip rstrip lower upper capitalize title split rsplit startswith endswith replace index find get join
    removeprefix removesuffix
"""
_FILTERS = frozenset(_FILTER_NAMES.split())
_METHODS = frozenset(_METHOD_NAMES.split())


class TemplateRefused(ValueError):
    """The template does what is not known here"""


class Templates:
    """Renders the templates of one task; each is checked once."""

    def __init__(self) -> None:
        self._environment = SandboxedEnvironment(
            undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
        )
        self._known: dict[str, Any] = {}

    def text(self, template: str, document: Mapping[str, Any]) -> str:
        """The template filled in; the bare name of a field is that field, as the harness has it.

        Raises TemplateRefused.
        """
        if template in document:
            return str(document[template])
        try:
            return str(self._compiled(template).render(**document))
        except (TemplateError, TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
            raise TemplateRefused(f"{_short(template)} cannot be filled in: {str(error)[:200]}") from None

    def value(self, template: str, document: Mapping[str, Any]) -> Any:
        """As `text`, but a field keeps its kind, and what reads like a list or a number becomes one."""
        if template in document:
            return document[template]
        text = self.text(template, document)
        try:
            found = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
        return found if isinstance(found, list | tuple | int) else text

    def _compiled(self, template: str) -> Any:
        if template not in self._known:
            if len(template) > MAX_TEMPLATE:
                raise TemplateRefused(f"a template is longer than {MAX_TEMPLATE} characters")
            tree = self._environment.parse(template)
            for number, node in enumerate(tree.find_all(nodes.Node)):
                _check(node, template, number)
            self._known[template] = self._environment.from_string(template)
        return self._known[template]


def _check(node: nodes.Node, template: str, number: int) -> None:
    if number > MAX_NODES:
        raise TemplateRefused(f"{_short(template)} does too much")
    if not isinstance(node, _KNOWN):
        raise TemplateRefused(f"{_short(template)} uses {type(node).__name__.lower()}, which is not known here")
    if isinstance(node, nodes.Filter):
        if node.name not in _FILTERS:
            raise TemplateRefused(f"{_short(template)} uses the filter {node.name!r}, which is not known here")
        _check_growth(node.name, node.args, template)
    if isinstance(node, nodes.Call):
        called = node.node
        if not isinstance(called, nodes.Getattr) or called.attr not in _METHODS:
            raise TemplateRefused(f"{_short(template)} calls what is not known here")
        if called.attr == "join":
            _check_growth("join", [called.node], template)
        else:
            _check_growth(called.attr, node.args, template)


def _check_growth(name: str, arguments: list[nodes.Expr], template: str) -> None:
    """Text is joined by constants, and replaced by what is no longer."""
    if name not in ("join", "replace"):
        return
    values = [each.value if isinstance(each, nodes.Const) else None for each in arguments]
    if not all(isinstance(each, str) for each in values):
        raise TemplateRefused(f"{_short(template)}: {name!r} needs plain text between quotes")
    if name == "replace" and (len(values) != 2 or not values[0] or len(str(values[1])) > len(str(values[0]))):
        raise TemplateRefused(f"{_short(template)}: 'replace' may only replace text by text that is no longer")


def _short(template: str) -> str:
    return repr(template if len(template) <= 60 else f"{template[:57]}...")
