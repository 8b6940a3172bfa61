"""`aird chat`: talk to an endpoint, one question or a conversation."""

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import json_option, note, plain, print_json

if TYPE_CHECKING:
    from aird.client import Client


@click.command(short_help="Talk to an endpoint.")
@click.argument("endpoint")
@click.argument("message", required=False)
@click.option("--system", metavar="TEXT", help="Instructions before the conversation.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Longest answer, in tokens.")
@click.option("--temperature", type=click.FloatRange(0, 2), help="0 always gives the likeliest token.")
@click.option("--top-p", type=click.FloatRange(0, 1), help="Nucleus sampling.")
@click.option("--seed", type=int, help="For answers that can be repeated.")
@click.option("--stop", multiple=True, metavar="TEXT", help="End the answer before this text; up to four times.")
@click.option("--usage", is_flag=True, help="Say after an answer which version spoke, its tokens and seconds.")
@json_option
@server_options
def chat(endpoint: str, message: str | None, system: str | None, usage: bool, as_json: bool, **sampling: Any) -> None:
    """Ask ENDPOINT (department/name) a MESSAGE; without one, talk, or read the message from a pipe.

    department/model@3 asks that version, where it stands behind an endpoint.
    """
    options = {name: value for name, value in sampling.items() if value not in (None, ())}
    if usage and not as_json:
        options["stream_options"] = {"include_usage": True}
    history = [{"role": "system", "content": system}] if system else []
    if message in (None, "-") and not sys.stdin.isatty():
        message = sys.stdin.read().strip()
        if not message:
            raise click.UsageError("There is no message: stdin is empty.")
    with connect() as aird:
        if message is None:
            return _talk(aird, endpoint, history, options)
        history.append({"role": "user", "content": message})
        if as_json:
            return print_json(aird.chat(endpoint, history, stream=False, **options))
        _answer(aird, endpoint, history, options)


def _talk(aird: "Client", endpoint: str, history: list[dict[str, Any]], options: dict[str, Any]) -> None:
    from aird.client.errors import ApiProblem

    note(f"Talking to {endpoint}. Ctrl-C stops an answer, Ctrl-D ends the conversation.")
    while True:
        try:
            message = click.prompt(">", prompt_suffix=" ", err=True, default="", show_default=False).strip()
        except click.Abort:
            return note("")
        if not message:
            continue
        history.append({"role": "user", "content": message})
        try:
            history.append({"role": "assistant", "content": _answer(aird, endpoint, history, options)})
        except KeyboardInterrupt:
            history.pop()
            note("(stopped)")
        except ApiProblem as problem:
            if problem.status in (401, 403, 404):
                raise
            history.pop()
            note(f"{problem.title}. {problem.detail}")


def _answer(aird: "Client", endpoint: str, history: list[dict[str, Any]], options: dict[str, Any]) -> str:
    """Print the answer as it comes, and give it back whole."""
    said, seen, started = [], dict[str, Any](), time.monotonic()
    for text in _texts(aird.chat(endpoint, history, stream=True, **options), seen):
        said.append(text)
        click.echo(plain(text), nl=False)
        sys.stdout.flush()
    click.echo()
    if seen:
        used, seconds = seen["usage"], time.monotonic() - started
        note(
            f"{plain(seen['model'])}: {used['prompt_tokens']} tokens read, {used['completion_tokens']} written, "
            f"{seconds:.1f} s"
        )
    return "".join(said)


def _texts(chunks: Iterator[dict[str, Any]], seen: dict[str, Any]) -> Iterator[str]:
    for chunk in chunks:
        if chunk.get("usage"):
            seen |= {"usage": chunk["usage"], "model": str(chunk.get("model"))}
        for choice in chunk.get("choices") or []:
            text = (choice.get("delta") or {}).get("content")
            if text:
                yield text
            if choice.get("finish_reason") == "length":
                note("\n(cut at the longest answer; see --max-tokens)")
