"""Bounded reading of a recipe's YAML into plain values, before anything looks at what they mean.

PyYAML's safe loader builds no objects, but it follows aliases (a "billion laughs" text of 300 bytes becomes
gigabytes), recurses once per nesting level and lets the last of two equal keys win. Here each of these is a
refusal that names the line.
"""

from typing import Any

import yaml

from aird.core.errors import Refused
from aird.core.text import unstorable

MAX_BYTES = 64 * 1024
MAX_DEPTH = 12
MAX_NODES = 20_000


class RecipeRefused(Refused):
    """This recipe cannot be carried out

    `params["reason"]` is a stable word for the cause, `params["key"]` the place in the recipe.
    """

    def __init__(self, message: str, *, reason: str, key: str = "") -> None:
        super().__init__(message, reason=reason, key=key)


class _BoundedLoader(yaml.SafeLoader):
    """The safe loader with limits on depth and size, without aliases and without double keys."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.depth = 0
        self.nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise RecipeRefused(
                f"Line {line} uses a YAML anchor or alias ('&' or '*'), which aird does not follow because"
                " a few of them"
                " can unfold to gigabytes. Write the value out in full.",
                reason="yaml_alias",
                key=f"line {line}",
            )
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise RecipeRefused(
                f"Line {line} nests deeper than {MAX_DEPTH} levels or exceeds {MAX_NODES} values; no recipe"
                " needs that."
                " Check the indentation and the brackets.",
                reason="yaml_too_deep",
                key=f"line {line}",
            )
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        value = super().construct_scalar(node)
        # JSON writes a character beyond 16 bits as two escapes; here they are one again, and half of one stays half.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise RecipeRefused(
                    f"Line {line} has a key that is not plain text. Keys of a recipe are words such as 'models'.",
                    reason="yaml_key",
                    key=f"line {line}",
                )
            if key.value in seen:
                raise RecipeRefused(
                    f"Line {line} gives '{key.value}' a second time; only one of the two would count. Keep one.",
                    reason="yaml_double_key",
                    key=key.value[:80],
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load_mapping(text: str | bytes) -> dict[str, Any]:
    """The recipe as plain dicts, lists and scalars; raises RecipeRefused."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        raise RecipeRefused(
            f"The recipe has {len(raw)} bytes; at most {MAX_BYTES} are read. A recipe only names versions and weights.",
            reason="recipe_too_large",
        )
    try:
        decoded = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecipeRefused(
            f"The recipe is not UTF-8 text (byte {error.start}). Save it as UTF-8.", reason="not_utf8"
        ) from None
    try:
        # Our loader is a SafeLoader: it makes plain values only.
        content = yaml.load(decoded, Loader=_BoundedLoader)  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "the text"
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
        raise RecipeRefused(
            f"The recipe is not valid YAML at {where}: {str(problem)[:200]}. Correct that line.",
            reason="not_yaml",
            key=where,
        ) from None
    except (ValueError, OverflowError) as error:
        raise RecipeRefused(
            f"The recipe contains a value that cannot be read: {str(error)[:200]}. Correct it.",
            reason="not_yaml",
        ) from None
    if not isinstance(content, dict):
        raise RecipeRefused(
            "The recipe is not a mapping. It begins for example with 'merge_method: linear' and a list 'models:'.",
            reason="not_a_mapping",
        )
    if unstorable(content) is not None:
        raise RecipeRefused("The recipe holds a NUL or half a surrogate pair. Remove it.", reason="not_text")
    return content
