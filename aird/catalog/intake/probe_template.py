"""A program of its own: says what is wrong with the chat templates on its standard input, as JSON on its output.

Run as `python -I probe_template.py` by intake_probe, never imported: a template is a program, so it is compiled and
rendered only here, with a second of processor time and 256 MB of address space. The environment is that of
transformers (sandbox, immutable, the tags `break`, `continue` and `generation`), and beyond it a template may use only
what templates use: no powers, no repetition of text, no formatting to a width, no ranges out of thin air. What is left
grows with the conversation, and is rendered for conversations of one to 64 turns.
"""

import json
import resource
import sys
from typing import Any, NoReturn

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

CPU_SECONDS = 1
ADDRESS_BYTES = 256 * 1024 * 1024
MAX_OUTPUT = 1024 * 1024
MAX_RANGE = 10_000
MAX_NESTED_LOOPS = 4
_FILTERS = (
    "abs batch capitalize count d default dictsort e escape first float forceescape groupby indent int items join last"
    " length list lower map max min reject rejectattr replace reverse round safe select selectattr slice sort string"
    " striptags sum title tojson trim unique upper wordcount"
)
FILTERS = frozenset(_FILTERS.split())
METHODS_OUT = frozenset(
    {"format", "format_map", "center", "ljust", "rjust", "zfill", "expandtabs", "translate", "encode"}
)


class Wrong(Exception):
    """`args` are the reason and the message."""


class Generation(Extension):
    """The tag `{% generation %}` as transformers knows it: its content, unchanged."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The block's own nodes."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _raise_exception(message: object) -> NoReturn:
    raise TemplateError(str(message))


def _tojson(value: Any, ensure_ascii: bool = False, indent: int | None = None, **more: Any) -> str:
    if indent is not None and indent > 16:
        raise Wrong("template_too_much", "it indents JSON by more than 16 columns")
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, sort_keys=bool(more.get("sort_keys")))


def environment() -> ImmutableSandboxedEnvironment:
    """The sandbox as transformers sets it up."""
    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    made.filters["tojson"] = _tojson
    made.globals["raise_exception"] = _raise_exception
    made.globals["strftime_now"] = lambda _: "2026-01-31"
    return made


def check_tree(tree: nodes.Template) -> None:
    """Raises Wrong for what no chat template needs and what can run away."""
    for other in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block)):
        raise Wrong("template_unsafe", f"line {other.lineno} includes, imports or extends another template")
    _check_names(tree)
    _check_sizes(tree)
    _check_calls(tree)
    _check_loops(tree, 0)


def _check_names(tree: nodes.Template) -> None:
    for attribute in tree.find_all(nodes.Getattr):
        name = attribute.attr
        if name.startswith("_"):
            raise Wrong("template_unsafe", f"line {attribute.lineno} reads the attribute '{name[:40]}'")
        if name in METHODS_OUT:
            raise Wrong("template_unsafe", f"line {attribute.lineno} uses '.{name}', which makes texts of any length")
    for item in tree.find_all(nodes.Getitem):
        if isinstance(item.arg, nodes.Const) and str(item.arg.value).startswith("_"):
            raise Wrong("template_unsafe", f"line {item.lineno} reads the item '{str(item.arg.value)[:40]}'")
    for used in tree.find_all(nodes.Filter):
        if used.name not in FILTERS:
            raise Wrong("template_unsafe", f"line {used.lineno} uses the filter '{used.name[:40]}'")
        if used.name == "map" and any(isinstance(a, nodes.Const) and a.value not in FILTERS for a in used.args):
            raise Wrong("template_unsafe", f"line {used.lineno} maps through a filter that is not known")


def _check_sizes(tree: nodes.Template) -> None:
    for power in tree.find_all(nodes.Pow):
        raise Wrong("template_too_much", f"line {power.lineno} raises to a power")
    for product in tree.find_all(nodes.Mul):
        sides = [side.value for side in (product.left, product.right) if isinstance(side, nodes.Const)]
        if not sides or not all(_small(side) for side in sides):
            raise Wrong("template_too_much", f"line {product.lineno} repeats a text or multiplies by any number")
    for rest in tree.find_all(nodes.Mod):
        if isinstance(rest.left, nodes.Const) and isinstance(rest.left.value, str):
            raise Wrong("template_unsafe", f"line {rest.lineno} formats with '%', which can make texts of any length")
    for number in tree.find_all(nodes.Const):
        if isinstance(number.value, int | float) and abs(number.value) > 2**53:
            raise Wrong("template_too_much", f"line {number.lineno} contains a number of absurd size")


def _small(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) <= 1024


def _check_calls(tree: nodes.Template) -> None:
    for node in tree.find_all(nodes.Call):
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        if name in ("lipsum", "cycler", "joiner"):
            raise Wrong("template_unsafe", f"line {node.lineno} calls '{name}'")
        if name == "range":
            for argument in node.args:
                if isinstance(argument, nodes.Const) and not (
                    isinstance(argument.value, int) and abs(argument.value) <= MAX_RANGE
                ):
                    raise Wrong("template_too_much", f"line {node.lineno} has a range beyond {MAX_RANGE}")


def _check_loops(node: nodes.Node, depth: int) -> None:
    """Loops inside loops inside loops: with n messages each level multiplies the work by n."""
    waiting = [(node, depth)]
    while waiting:
        current, level = waiting.pop()
        for child in current.iter_child_nodes():
            inner = level + isinstance(child, nodes.For)
            if inner > MAX_NESTED_LOOPS:
                raise Wrong("template_too_much", f"line {child.lineno} is a loop inside {inner - 1} others")
            if isinstance(child, nodes.For) and child.recursive:
                raise Wrong("template_too_much", f"line {child.lineno} is a recursive loop")
            waiting.append((child, inner))


def conversations() -> list[dict[str, Any]]:
    """What a template is rendered with; the first must succeed, others it may refuse."""
    call = {"id": "1", "type": "function", "function": {"name": "find", "arguments": {"text": "x"}}}
    tool = {"type": "function", "function": {"name": "find", "description": "Find.", "parameters": {"type": "object"}}}
    ask, answer = {"role": "user", "content": "Which?"}, {"role": "assistant", "content": "This one."}
    long = [dict(each) for _ in range(32) for each in (ask, answer)]
    used = [ask, {"role": "assistant", "content": "", "tool_calls": [call]}, {"role": "tool", "content": "found"}]
    parts = [{"role": "user", "content": [{"type": "text", "text": "Which?"}]}]
    plain: dict[str, Any] = {"tools": None, "documents": None, "bos_token": "<s>", "eos_token": "</s>"}
    return [
        plain | {"messages": [ask], "add_generation_prompt": True},
        plain | {"messages": [{"role": "system", "content": "Be kind."}, *long], "add_generation_prompt": False},
        plain | {"messages": [*long, ask], "add_generation_prompt": True},
        plain | {"messages": [*used, answer], "tools": [tool], "add_generation_prompt": False},
        plain | {"messages": parts, "add_generation_prompt": True},
    ]


def check(text: str) -> None:
    """Raises Wrong with the first thing that is wrong with one template."""
    made = environment()
    try:
        tree = made.parse(text)
    except TemplateSyntaxError as error:
        raise Wrong("template_syntax", f"line {error.lineno}: {str(error.message)[:120]}") from None
    check_tree(tree)
    compiled = made.from_string(tree)
    for number, given in enumerate(conversations()):
        size = 0
        try:
            for piece in compiled.generate(**given):
                size += len(piece)
                if size > MAX_OUTPUT:
                    raise Wrong("template_too_much", f"a short conversation becomes more than {MAX_OUTPUT} characters")
        except (Wrong, MemoryError, RecursionError):
            raise
        except OverflowError:
            raise Wrong("template_too_much", "it has a range or a text beyond what the sandbox allows") from None
        except Exception as error:
            if number == 0:
                what = f"{type(error).__name__}: {str(error)[:120]}"
                raise Wrong("template_fails", f"it cannot render one plain question ({what})") from None


def verdict(templates: list[str]) -> dict[str, str]:
    """{"reason", "message"}, empty when nothing is wrong."""
    try:
        for text in templates:
            check(text)
    except Wrong as wrong:
        return {"reason": wrong.args[0], "message": wrong.args[1]}
    except MemoryError:
        return {"reason": "template_too_much", "message": "it takes all the memory that there is"}
    except RecursionError:
        return {"reason": "template_too_much", "message": "it nests or calls itself without end"}
    except (SyntaxError, ValueError) as error:
        return {"reason": "template_syntax", "message": str(error)[:120]}
    return {}


def _limit(what: int, most: int) -> None:
    """Never more than this process is allowed already."""
    allowed = resource.getrlimit(what)[1]
    most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
    resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    _limit(resource.RLIMIT_AS, ADDRESS_BYTES)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(verdict(json.load(sys.stdin)), sys.stdout)
