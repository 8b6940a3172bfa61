"""`aird requests`: what departments ask for."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import json_option, limit_option, note, print_fields, print_json, print_table, when

STATES = (
    "draft", "open", "building", "in_review", "approved", "rejected", "delivered", "accepted", "withdrawn",
)  # fmt: skip
DATA_CLASSES = ("public", "internal", "confidential", "personal")
MICRO = 1_000_000


@click.group(short_help="What departments ask for: tried, offered, accepted.")
def requests() -> None:
    """What departments ask for, in words."""


@requests.command("ls")
@click.option("--department", help="Only this department's.")
@click.option("--state", type=click.Choice(STATES), help="Only requests in this state.")
@limit_option
@json_option
@server_options
def ls(department: str | None, state: str | None, limit: int | None, as_json: bool) -> None:
    """List requests, the newest first."""
    with connect() as aird:
        found = list(aird.requests.list(department=department, state=state, limit=limit))
    if as_json:
        return print_json(found)
    rows = [
        (each["number"], each["department"], each["state"], each["title"], each.get("version"),
         each.get("requester"), when(each.get("created_at")))
        for each in found
    ]  # fmt: skip
    headings = ("number", "department", "state", "title", "version", "asked by", "created")
    print_table(headings, rows, empty="No requests. File one: aird requests new")


@requests.command("get")
@click.argument("number", type=int)
@json_option
@server_options
def get(number: int, as_json: bool) -> None:
    """Show one request and what became of it."""
    with connect() as aird:
        found = aird.requests.get(number)
    if as_json:
        return print_json(found)
    timeline = (
        f"{when(each['at'])}  {each['state']}  {each['actor']}  {each.get('note') or ''}".rstrip()
        for each in found.get("timeline") or []
    )
    names = (
        "number",
        "title",
        "need",
        "department",
        "requester",
        "state",
        "waits_for",
        "option",
        "version",
        "endpoint",
    )
    print_fields({**{name: found.get(name) for name in names}, "timeline": "\n".join(timeline)})


@requests.command("new")
@click.option("--department", required=True, help="Who needs it.")
@click.option("--title", required=True, help="The need in a few words.")
@click.option("--need", required=True, help="The need in your own words; @FILE reads a file.")
@click.option(
    "--examples", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of JSON lines {question, answer}.",
)  # fmt: skip
@click.option("--users", type=click.IntRange(min=1), help="How many people will use it.")
@click.option("--volume", type=click.IntRange(min=1), help="Questions on an ordinary day.")
@click.option("--language", "languages", multiple=True, help="A language that is spoken; may be repeated.")
@click.option("--data-class", type=click.Choice(DATA_CLASSES), help="How the texts have to be kept.")
@click.option("--floor", type=click.FloatRange(0, 1), help="The share of answers that has to be good.")
@click.option("--deadline", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="When it is needed.")
@click.option("--budget-once", type=click.FloatRange(0), help="For making it.")
@click.option("--budget-month", type=click.FloatRange(0), help="For running it a month.")
@click.option("--today", type=click.FloatRange(0), help="What the work costs a month today.")
@click.option("--present", metavar="DEPARTMENT/ENDPOINT", help="The endpoint that does the work today.")
@click.option("--draft", is_flag=True, help="Keep it as a draft: `aird requests send` sends it.")
@json_option
@server_options
def new(
    department: str, title: str, need: str, examples: Path | None, deadline: datetime | None,
    budget_once: float | None, budget_month: float | None, today: float | None, languages: tuple[str, ...],
    volume: int | None, as_json: bool, **more: Any,
) -> None:  # fmt: skip
    """File a request."""
    text = Path(need[1:]).read_text(encoding="utf-8") if need.startswith("@") else need
    with connect() as aird:
        found = aird.requests.create(
            department=department, title=title, need=text,
            examples=_examples(examples) if examples else None,
            deadline=deadline.date().isoformat() if deadline else None,
            budget_once_micro=_micro(budget_once), budget_month_micro=_micro(budget_month), today_micro=_micro(today),
            languages=list(languages) or None, volume_per_day=volume, **{**more, "draft": more["draft"] or None},
        )  # fmt: skip
    if as_json:
        return print_json(found)
    note(f"Request {found['number']} is {found['state']}.")
    click.echo(found["number"])


def _micro(money: float | None) -> int | None:
    return None if money is None else round(money * MICRO)


def _examples(file: Path) -> list[dict[str, Any]]:
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            example = json.loads(line)
            found.append({"question": example["question"], "answer": example["answer"]})
        except (ValueError, KeyError, TypeError) as error:
            raise click.UsageError(f'{file}, line {number}: write {{"question": "...", "answer": "..."}}.') from error
    return found
