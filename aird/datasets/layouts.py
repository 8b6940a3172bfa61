"""Which layout a row is in, and how a file's own column names become known ones. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aird.datasets import foreign
from aird.datasets.foreign import PLAIN_TAGS, Tags
from aird.datasets.items import EXAM_FIELDS, Item, ItemRefused, conversation, exam, plain_text, shown

FIELDS = frozenset(
    {
        *("messages", "text", "id", "choices", "answer", "target"),
        *("instruction", "input", "output", "system", "history", "conversations"),
        *("prompt", "completion", "completions", "labels", "label", "chosen", "rejected"),
    }
)
"""Every field that some layout reads."""
_formats = (
    "an item has 'messages' (chat, prompt, exam), 'text', 'instruction' and 'output' (Alpaca), 'conversations' "
    "(ShareGPT), 'prompt' and 'completion', or 'chosen' and 'rejected' (TRL)"
)
_leading = ("messages", "conversations", "instruction", "prompt")


@dataclass(frozen=True)
class Layout:
    """How to read the rows of a file; as it stands, rows say by their fields what they are.

    `columns` maps known fields to the file's own names and leaves every other column out, `others` leaves out what no
    layout knows instead of refusing it, `tags` are those of ShareGPT.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    others: bool = False
    tags: Tags = PLAIN_TAGS

    def read(self, content: Mapping[str, Any]) -> Item | None:
        """The item in a row, None where the row says itself that it is not to be learnt. Raises ItemRefused."""
        if not self.columns and not self.others:
            return read_item(content, self.tags)
        if self.columns:
            kept = {name: content[column] for name, column in self.columns.items() if content.get(column) is not None}
            lost = sorted(content.keys() - set(self.columns.values()))
        else:
            kept = {name: value for name, value in content.items() if name in FIELDS}
            lost = sorted(content.keys() - kept.keys())
        item = read_item(kept, self.tags)
        return item and Item(item.kind, item.item, item.characters, item.layout, (*item.dropped, *lost))


AS_IT_IS = Layout()


def read_item(content: Mapping[str, Any], tags: Tags = PLAIN_TAGS) -> Item | None:
    """The item in a JSON object, None where it is not to be learnt; raises ItemRefused."""
    layouts = [name for name in _leading if name in content]
    if len(layouts) > 1 or (layouts and layouts[0] != "instruction" and "text" in content):
        raise ItemRefused(
            "ambiguous",
            f"it is in two formats at once: {', '.join(sorted(content))[:120]}. Keep one of them.",
        )
    for name, read in _readers(content, tags):
        if name in content:
            return read(content)
    raise ItemRefused("unknown_format", f"its fields are {shown(sorted(content))}; {_formats}. Rename them.")


def _readers(
    content: Mapping[str, Any], tags: Tags
) -> tuple[tuple[str, Callable[[Mapping[str, Any]], Item | None]], ...]:
    """What reads a row, by the field that tells; the first that is there counts."""
    return (
        ("messages", exam if EXAM_FIELDS & content.keys() else conversation),
        ("conversations", lambda row: foreign.sharegpt(row, tags)),
        ("instruction", foreign.alpaca),
        ("completions", foreign.stepwise),
        ("completion", _with_prompt),
        ("chosen", foreign.preference),
        ("prompt", foreign.prompt_only),
        ("text", plain_text),
    )


def _with_prompt(content: Mapping[str, Any]) -> Item | None:
    if "prompt" not in content:
        raise ItemRefused("unknown_format", "it has 'completion' but no 'prompt'. Add the question.")
    return foreign.prompt_completion(content)
