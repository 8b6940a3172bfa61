"""What a command prints: data on stdout as a table or as JSON, notes on stderr, and numbers in one form."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_FORMAT = "aird.cli.format"


def json_option(command: Command) -> Command:
    """--json, or -o json as other tools write it."""

    def note_format(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        ctx.meta[_FORMAT] = value

    def wanted(ctx: click.Context, _parameter: click.Parameter, value: bool) -> bool:
        return value or ctx.meta.get(_FORMAT) == "json"

    flag = click.option("--json", "as_json", is_flag=True, callback=wanted, help="Print the data as JSON.")
    form = click.option(
        "-o", "--output", type=click.Choice(["table", "json"]), is_eager=True, expose_value=False,
        callback=note_format, help="The same as --json, by its name.",
    )  # fmt: skip
    return flag(form(command))


limit_option = click.option("--limit", type=click.IntRange(min=1), help="Stop after this many.")

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STATE_STYLES = {
    **dict.fromkeys(("approved", "succeeded", "ready", "ok", "delivered"), "green"),
    **dict.fromkeys(("failed", "rejected", "fail", "suspended"), "red"),
    **dict.fromkeys(("running", "starting", "candidate", "pending", "warn", "in_review"), "yellow"),
}


def plain(text: object) -> str:
    """Text from elsewhere without what a terminal would take for commands."""
    return _CONTROL.sub("", click.unstyle("" if text is None else str(text)))


def note(text: str) -> None:
    """A message to the person, on stderr."""
    click.echo(plain(text), err=True)


def print_json(data: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=not _unicode_out()))


def print_json_line(data: Any) -> None:
    """One line of JSON lines on stdout."""
    click.echo(json.dumps(data, ensure_ascii=not _unicode_out()))


def _unicode_out() -> bool:
    return (sys.stdout.encoding or "").lower().startswith("utf")


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Aligned columns on stdout, uncut in a pipe; `empty` is said on stderr when there are no rows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading.upper(), no_wrap=True, overflow="ellipsis")
    for row in rows:
        cells = [plain(value).replace("\n", " ") or "-" for value in row]
        table.add_row(*(Text(cell, style=_STATE_STYLES.get(cell, "")) for cell in cells))
    if not table.row_count:
        return note(empty)
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = max(80, console.measure(table, options=console.options.update(width=10_000)).maximum)
    with console.capture() as drawn:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in drawn.get().rstrip().split("\n")))


def print_fields(fields: Mapping[str, object]) -> None:
    """Names and values on stdout, one a line; empty values are left out."""
    shown = {name: plain(value) for name, value in fields.items() if value not in (None, "", [], {})}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        click.echo(f"{name:<{width}}  {value.replace(chr(10), chr(10) + ' ' * (width + 2))}")


def size(count: int | None) -> str:
    """Bytes in powers of 1024."""
    if count is None:
        return ""
    value, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{count} B" if units[0] == "B" else f"{value:.1f} {units[0]}"


def short_digest(digest: str | None) -> str:
    """The first twelve characters of a digest, without the name of the algorithm."""
    return (digest or "").rpartition(":")[2][:12]


def when(at: str | None) -> str:
    """An ISO-8601 UTC time to the second."""
    return "" if not at else at[:19].replace("T", " ") + "Z"


def duration(seconds: float | None) -> str:
    """Seconds as 4.2 s, 3 min 05 s or 2 h 07 min."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def money(micro: int | None, currency: str) -> str:
    """Micro-units of a currency, exactly."""
    if micro is None:
        return ""
    whole, rest = divmod(abs(micro), 1_000_000)
    return f"{'-' if micro < 0 else ''}{whole:,}.{rest:06d} {currency}".strip()


def skills_line(skills: Iterable[Mapping[str, Any]]) -> str:
    """Scores in one line, each with its interval."""
    return ", ".join(skill_text(each) for each in skills)


def skill_text(skill: Mapping[str, Any]) -> str:
    """One score with its interval and the number of items behind it."""
    low, high = skill.get("low"), skill.get("high")
    interval = f" ({low:.3f}-{high:.3f})" if low is not None and high is not None else ""
    return f"{skill['suite']} {skill['score']:.3f}{interval}"
