"""Items in the layouts of others, turned into chat, prompt or text items. Pure.

- Alpaca: instruction, input, output, with system and history
- ShareGPT: conversations of `from` and `value`, whatever the speakers and the fields are called (Tags)
- TRL (its "Dataset formats and types", as text or as messages): prompt and completion; prompt alone; preference, of
  which the chosen answer is taken; unpaired preference (`label`), of which the good answers are taken. Its language
  modelling type is {"text"} or {"messages"}, which is aird's own form
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aird.datasets.items import Item, ItemRefused, chat, length_of, messages_of, rest_of, shown, text_of

_speakers = {
    **{"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant"},
    **{"system": "system"},
}


@dataclass(frozen=True)
class Tags:
    """What a turn's fields are called and who its speakers are."""

    role: str = "from"
    content: str = "value"
    speakers: Mapping[str, str] | None = None

    def speaker(self, name: Any) -> str:
        """user, assistant or system. Raises ItemRefused."""
        known = self.speakers or _speakers
        if not isinstance(name, str) or name not in known:
            those = ", ".join(known)[:200]
            raise ItemRefused("bad_role", f"the speaker {shown(name)} is not known; known are {those}.")
        return known[name]


PLAIN_TAGS = Tags()


def alpaca(content: Mapping[str, Any]) -> Item | None:
    """{"instruction", "input", "output", "system", "history"}; with a `label` None where the answer was not good."""
    known = {"instruction", "input", "output", "system", "history", "label"}
    # The published Alpaca data repeats the whole prompt in 'text'.
    dropped = rest_of(content, {*known, "text"}) + (("text",) if "text" in content else ())
    if "output" not in content:
        raise ItemRefused("unknown_format", "it has 'instruction' but no 'output'. Add the answer.")
    item = chat([*_before(content), {"role": "assistant", "content": content["output"]}], "alpaca", dropped)
    return item if _good(content) else None


def _before(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The turns of an Alpaca item before its answer."""
    messages = [{"role": "system", "content": content["system"]}] if content.get("system") else []
    history = content.get("history") or []
    if not isinstance(history, list) or not all(isinstance(turn, list) and len(turn) == 2 for turn in history):
        raise ItemRefused("bad_messages", "'history' must list pairs of question and answer.")
    for question, answer in history:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    question, extra = content["instruction"], content.get("input") or ""
    if not isinstance(question, str) or not isinstance(extra, str):
        raise ItemRefused("bad_text", "'instruction' and 'input' must be text.")
    messages.append({"role": "user", "content": f"{question}\n\n{extra}" if extra.strip() else question})
    return messages


def _good(content: Mapping[str, Any]) -> bool:
    label = content.get("label", True)
    if not isinstance(label, bool):
        raise ItemRefused("bad_label", f"'label' must be true or false, not {shown(label)}.")
    return label


def sharegpt(content: Mapping[str, Any], tags: Tags = PLAIN_TAGS) -> Item | None:
    """{"conversations": [{"from", "value"}, ...], "system"}; with chosen and rejected the chosen answer is taken."""
    dropped = rest_of(content, {"conversations", "system", "chosen", "rejected", "label"})
    turns = content["conversations"]
    if not isinstance(turns, list):
        raise ItemRefused("bad_messages", "'conversations' must be a list.")
    messages = [{"role": "system", "content": content["system"]}] if content.get("system") else []
    chosen = [content["chosen"]] if "chosen" in content else []
    messages += [_turn(turn, tags) for turn in [*turns, *chosen]]
    item = chat(messages, "sharegpt", dropped + (("rejected",) if "rejected" in content else ()))
    return item if _good(content) else None


def _turn(turn: Any, tags: Tags) -> dict[str, Any]:
    if not isinstance(turn, dict) or turn.keys() != {tags.role, tags.content}:
        raise ItemRefused("bad_messages", f"a turn of 'conversations' has exactly '{tags.role}' and '{tags.content}'.")
    return {"role": tags.speaker(turn[tags.role]), "content": turn[tags.content]}


def prompt_completion(content: Mapping[str, Any]) -> Item | None:
    """{"prompt", "completion"}; with a `label` only what was judged good, else None."""
    dropped = rest_of(content, {"prompt", "completion", "label"})
    item = chat(
        [*_turns(content["prompt"], "user", "prompt"), *_turns(content["completion"], "assistant", "completion")],
        "prompt_completion",
        dropped,
    )
    return item if _good(content) else None


def prompt_only(content: Mapping[str, Any]) -> Item:
    """{"prompt"}, as text or as messages that end with the user's."""
    dropped = rest_of(content, {"prompt"})
    checked = messages_of(_turns(content["prompt"], "user", "prompt"))
    if checked[-1]["role"] != "user":
        raise ItemRefused("bad_messages", "a prompt ends with the user's message. Leave the answer out.")
    return Item("prompt", {"messages": checked}, length_of(checked), "prompt_only", dropped)


def preference(content: Mapping[str, Any]) -> Item:
    """{"prompt", "chosen", "rejected"}, or without `prompt` two whole conversations: the chosen one is taken."""
    dropped = (*rest_of(content, {"prompt", "chosen", "rejected"}), "rejected")
    if "rejected" not in content:
        raise ItemRefused("unknown_format", "it has 'chosen' but no 'rejected'. Call it 'completion'.")
    chosen = content["chosen"]
    if "prompt" in content:
        messages = [*_turns(content["prompt"], "user", "prompt"), *_turns(chosen, "assistant", "chosen")]
        return chat(messages, "preference", dropped)
    if isinstance(chosen, str):
        text = text_of(chosen, "chosen")
        return Item("text", {"text": text}, len(text), "preference", dropped)
    return chat(chosen, "preference", dropped)


def stepwise(content: Mapping[str, Any]) -> Item:
    """TRL's stepwise supervision judges steps; there is no one answer to learn."""
    raise ItemRefused(
        "stepwise",
        "it judges the steps of an answer one by one, which aird does not train on. Join the good steps to one "
        "'completion'.",
    )


def _turns(value: Any, role: str, what: str) -> list[dict[str, Any]]:
    """Text as one turn of `role`, messages as they are."""
    if isinstance(value, str):
        return [{"role": role, "content": value}]
    if not isinstance(value, list):
        raise ItemRefused("bad_text", f"'{what}' must be text or a list of messages, not {shown(value)}.")
    return value
