"""How objects look in a notebook, and the live progress of a job there and in a terminal.

IPython is asked only when it runs already; everything from the server is escaped.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from typing import Any

Fields = Mapping[str, Any]

COLOURS = {
    **dict.fromkeys(("approved", "succeeded", "ready", "delivered"), "#2b8a3e"),
    **dict.fromkeys(("failed", "rejected", "suspended"), "#c92a2a"),
    **dict.fromkeys(("running", "candidate", "queued", "pending"), "#b35c00"),
}
FRAME = "border:1px solid #8888;border-radius:6px;padding:.6em 1em;margin:.3em 0;max-width:44em;line-height:1.5"
LEFT_OUT = frozenset({"facts", "spec", "recipe", "files", "metrics", "csrf", "name", "ref", "state", "title", "id"})
MOST_LINES, LONGEST = 14, 300


def card(found: Fields) -> str:
    """A small card: the name, the state, and the fields that fit on a line."""
    head = escape(str(found.get("ref") or found.get("name") or found.get("title") or found.get("id") or ""))
    title = found.get("title")
    if title and escape(str(title)) != head:
        head += f" <span style='font-weight:normal'>{escape(str(title))}</span>"
    lines = [
        f"<tr><td style='text-align:left;opacity:.7'>{escape(name)}</td>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for name, value in list(found.items())
        if name not in LEFT_OUT and (text := _text(value))
    ]
    table = f"<table style='margin:.3em 0 0'>{''.join(lines[:MOST_LINES])}</table>" if lines else ""
    return f"<div style='{FRAME}'><b>{head}</b> {_badge(found.get('state'))}{_bar(found)}{table}</div>"


def _badge(state: Any) -> str:
    if not isinstance(state, str):
        return ""
    return f"<span style='color:{COLOURS.get(state, 'inherit')}'>&#9679; {escape(state)}</span>"


def _bar(found: Fields) -> str:
    done = found.get("progress")
    if not isinstance(done, int | float) or "spec" not in found:
        return ""
    stage = escape(str(found.get("stage") or ""))
    return f"<div><progress max='1' value='{min(1.0, max(0.0, done)):.3f}'></progress> {done:.0%} {stage}</div>"


def _text(value: Any) -> str:
    if isinstance(value, dict) and "ref" in value:
        value = value["ref"]
    if isinstance(value, list):
        value = ", ".join(filter(None, map(_text, value[:8]))) + (" ..." if len(value) > 8 else "")
    if isinstance(value, dict) and "suite" in value and "score" in value:
        value = f"{value['suite']} {value['score']:.3f}"
    if isinstance(value, dict):
        value = ", ".join(f"{key}: {each}" for key, each in value.items() if not isinstance(each, dict | list))
    text = "" if value in (None, "", False) else str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + " ..."


@contextmanager
def live(job: dict[str, Any]) -> Iterator[Callable[[Fields], None]]:
    """Takes a job's events and shows where it is: a card in a notebook, lines on stderr elsewhere."""
    handle = _notebook_handle(job)
    shown = dict(job)
    last = ""

    def show(event: Fields) -> None:
        nonlocal last
        data = event["data"]
        if event["kind"] == "progress":
            total = data.get("total") or 0
            fraction = data.get("fraction")
            shown["progress"] = fraction if fraction is not None else (data.get("step", 0) / total if total else 0.0)
            shown["stage"] = data.get("stage") or ""
        elif event["kind"] == "state":
            shown.update({"state": data.get("state"), "reason": data.get("reason") or ""})
        else:
            return
        if handle is not None:
            return handle(shown)
        done = shown.get("progress") or 0.0
        text = (
            f"{shown.get('kind', 'job')} {shown['state']} {int(done * 20) * 5:3d} % {shown.get('stage') or ''}".rstrip()
        )
        if text != last:
            last = text
            print("".join(each for each in text if each.isprintable()), file=sys.stderr, flush=True)

    yield show
    if handle is not None:
        handle(job)


def _notebook_handle(job: dict[str, Any]) -> Callable[[Fields], None] | None:
    """Replaces a card that is on display; None outside a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    display = ipython.display  # type: ignore[union-attr]
    place = display.display(display.HTML(card(job)), display_id=True)
    return lambda found: place.update(display.HTML(card(found)))
