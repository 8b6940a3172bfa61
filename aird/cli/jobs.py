"""`aird jobs`: what the server works on."""

from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import (
    duration,
    json_option,
    limit_option,
    note,
    plain,
    print_fields,
    print_json,
    print_json_line,
    print_table,
    when,
)
from aird.cli.progress import detached, finish, result_fields, watch

KINDS = (
    "training.sft", "training.pretrain", "training.distill", "merge.run", "merge.search", "merge.dense",
    "evaluation.run", "evaluation.compare", "evaluation.harness", "datasets.examine", "planning.advance",
)  # fmt: skip
STATES = ("queued", "running", "succeeded", "failed", "cancelled")


@click.group(short_help="Work in progress: list, watch, cancel.")
def jobs() -> None:
    """Work in progress. Jobs belong to the server: closing a terminal stops none."""


@jobs.command("ls")
@click.option("--state", type=click.Choice(STATES), help="Only jobs in this state.")
@click.option("--kind", type=click.Choice(KINDS), help="Only jobs of this kind.")
@click.option("--department", help="Only this department's.")
@limit_option
@json_option
@server_options
def ls(state: str | None, kind: str | None, department: str | None, limit: int | None, as_json: bool) -> None:
    """List jobs, the newest first."""
    with connect() as aird:
        found = list(aird.jobs.list(state=state, kind=kind, department=department, limit=limit))
    if as_json:
        return print_json(found)
    print_table(
        ("job", "kind", "state", "done", "reason", "title", "created", "took"),
        map(_row, found),
        empty="No jobs.",
    )


def _row(job: dict[str, Any]) -> tuple[object, ...]:
    done = job.get("progress")
    return (
        job["id"], job["kind"], job["state"], "" if done is None else f"{done:.0%}", job.get("reason"),
        job.get("title"), when(job.get("created_at")), duration(job.get("seconds")),
    )  # fmt: skip


@jobs.command("get")
@click.argument("job")
@json_option
@server_options
def get(job: str, as_json: bool) -> None:
    """Show one job."""
    with connect() as aird:
        found = aird.jobs.get(job)
    if as_json:
        return print_json(found)
    error, done = found.get("error") or {}, found.get("progress")
    metrics = (f"{name} {value:.4g}" for name, value in (found.get("metrics") or {}).items())
    print_fields(
        {
            "job": found["id"], "kind": found["kind"], "title": found.get("title"), "state": found["state"],
            "reason": found.get("reason"), "since": when(found.get("since")),
            "attempt": f"{found.get('attempt')} of {found.get('max_attempts')}",
            "progress": None if done is None else f"{done:.0%} {found.get('stage') or ''}",
            "metrics": ", ".join(metrics), "error": error.get("message"),
            "department": found.get("department"),
            "created": f"{when(found.get('created_at'))} by {found.get('created_by')}",
            "took": duration(found.get("seconds")),
            **result_fields(found),
        }
    )  # fmt: skip


@jobs.command("logs")
@click.argument("job")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job ends; Ctrl-C leaves the job running.")
@json_option
@server_options
def logs(job: str, follow: bool, as_json: bool) -> None:
    """Print a job's log; with --json all of its events, one a line."""
    with connect() as aird:
        try:
            for event in aird.jobs.events(job, follow=follow):
                if as_json:
                    print_json_line(event)
                elif event["kind"] == "log":
                    click.echo(plain(event["data"].get("line", "")))
        except KeyboardInterrupt:
            if follow:
                raise detached(job) from None
            raise
        if follow:
            note(f"The job is {aird.jobs.get(job)['state']}.")


@jobs.command("wait")
@click.argument("job")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Give up waiting after this.")
@json_option
@server_options
def wait(job: str, timeout: float | None, as_json: bool) -> None:
    """Wait for a job; exit 0 when it succeeded. Ctrl-C leaves the job running."""
    with connect() as aird:
        kind = aird.jobs.get(job)["kind"]
        finish(watch(aird, job, title=kind, timeout=timeout), as_json=as_json)


@jobs.command("cancel")
@click.argument("job")
@json_option
@server_options
def cancel(job: str, as_json: bool) -> None:
    """Stop a job; a running one stops at its next step."""
    with connect() as aird:
        found = aird.jobs.cancel(job)
    if as_json:
        return print_json(found)
    note(f"Asked job {job} to stop; it is {found['state']}.")


@jobs.command("retry")
@click.argument("job")
@json_option
@server_options
def retry(job: str, as_json: bool) -> None:
    """Queue a failed or cancelled job again."""
    with connect() as aird:
        found = aird.jobs.retry(job)
    if as_json:
        return print_json(found)
    note(f"Job {found['id']} is {found['state']}.")


@jobs.command("clone")
@click.argument("job")
@click.option("--title", help="Its title.  [default: the same]")
@json_option
@server_options
def clone(job: str, title: str | None, as_json: bool) -> None:
    """Order the same work once more, as a job of its own."""
    with connect() as aird:
        found = aird.jobs.clone(job, title=title)
    if as_json:
        return print_json(found)
    note(f"Job {found['id']} is {found['state']}.")
    click.echo(found["id"])


@jobs.command("why")
@click.argument("job")
@json_option
@server_options
def why(job: str, as_json: bool) -> None:
    """Show what was decided about a job's place: why it waited, started, or made room."""
    with connect() as aird:
        found = aird.jobs.decisions(job)
    if as_json:
        return print_json(found)
    rows = [(when(each["at"]), each["verdict"], each["reason"]) for each in found]
    print_table(("at", "decision", "reason"), rows, empty="Nothing was decided about it yet.")
