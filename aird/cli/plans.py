"""`aird plans`: career plans, applied from a file and followed."""

from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.failures import FAILED, GATE, Failure
from aird.cli.output import (
    duration,
    json_option,
    limit_option,
    money,
    note,
    plain,
    print_fields,
    print_json,
    print_table,
    when,
)
from aird.cli.recipes import estimate_option, read_recipe, recipe_argument

STATES = ("running", "succeeded", "stopped", "cancelled")


@click.group(short_help="Career plans: stages with gates that become jobs.")
def plans() -> None:
    """Career plans: train, merge, mentor, exam, each stage with its gate; equal stages are done once for all plans."""


@plans.command("apply")
@recipe_argument
@estimate_option
@json_option
@server_options
def apply(recipe: str, dry_run: bool, as_json: bool) -> None:
    """Start the plan in RECIPE, a YAML file {apiVersion: aird/v1, kind: Plan, ...}; - reads stdin.

    Applied again, the stages that are unchanged stay, the others run.
    """
    text = read_recipe(recipe)
    with connect() as aird:
        if not dry_run:
            return _show(aird.plans.apply(text), as_json=as_json)
        told = aird.plans.estimate(text)
    if as_json:
        return print_json(told)
    print_table(("stage", "kind", "time", "cost"), map(_forecast_row, told["stages"]), empty="No stages.")
    known = f"{duration(told['seconds'])} of work for {money(told['micro'], 'CNY')}"
    note(f"{known}; not known yet: {told['unknown']} stages")
    for stage in told["stages"]:
        for finding in stage["findings"]:
            if finding["level"] != "ok":
                note(f"{stage['name']}: {finding['level']}: {finding['message']}")


@plans.command("ls")
@click.option("--department", help="Only this department's.")
@click.option("--state", type=click.Choice(STATES), help="Only plans in this state.")
@limit_option
@json_option
@server_options
def ls(department: str | None, state: str | None, limit: int | None, as_json: bool) -> None:
    """List plans, the newest first."""
    with connect() as aird:
        found = list(aird.plans.list(department=department, state=state, limit=limit))
    if as_json:
        return print_json(found)
    rows = [
        (each["name"], each["state"], f"{each['passed']} of {each['stages']}", each.get("reason"),
         duration(each["saving"]["saved_seconds"]), when(each["created_at"]))
        for each in found
    ]  # fmt: skip
    empty = "No plans. Start from one: aird plans templates"
    print_table(("plan", "state", "stages", "reason", "saved", "created"), rows, empty=empty)


@plans.command("get")
@click.argument("name")
@click.option("--yaml", "as_yaml", is_flag=True, help="Print the plan's own YAML.")
@json_option
@server_options
def get(name: str, as_yaml: bool, as_json: bool) -> None:
    """Show one plan with its stages; exit 5 when a gate stopped it, 1 when it stopped otherwise."""
    with connect() as aird:
        found = aird.plans.get(name)
    if as_yaml:
        if found["yaml"] is None:
            raise Failure("The plan names models that you may not see.", "Its YAML is shown to those who may.")
        return click.echo(plain(found["yaml"]), nl=False)
    _show(found, as_json=as_json)
    if found["state"] == "stopped":
        gated = any(stage["report"]["gate"] and stage["state"] == "failed" for stage in found["board"])
        raise Failure(
            f"The plan {name} is stopped.", found.get("reason") or "",
            then=f"Mend it and apply it again, or: aird plans advance {name}", exit_code=GATE if gated else FAILED,
        )  # fmt: skip


@plans.command("advance")
@click.argument("name")
@json_option
@server_options
def advance(name: str, as_json: bool) -> None:
    """Look again at what may start; a stage that failed is tried again."""
    with connect() as aird:
        _show(aird.plans.advance(name), as_json=as_json)


@plans.command("cancel")
@click.argument("name")
@click.option("--reason", required=True, help="Why; it stands in the audit log.")
@json_option
@server_options
def cancel(name: str, reason: str, as_json: bool) -> None:
    """Stop a plan; jobs that other plans share go on."""
    with connect() as aird:
        _show(aird.plans.cancel(name, reason=reason), as_json=as_json)


@plans.command("templates")
@click.argument("name", required=False)
@json_option
@server_options
def templates(name: str | None, as_json: bool) -> None:
    """List plans to start from; with NAME print that one's YAML."""
    with connect() as aird:
        found = aird.plans.templates()
    if name is not None:
        chosen = next((each for each in found if each["name"] == name), None)
        if chosen is None:
            known = ", ".join(each["name"] for each in found)
            raise Failure(f"There is no template {name!r}.", f"There are {known}.", exit_code=3)
        return print_json(chosen) if as_json else click.echo(chosen["yaml"], nl=False)
    if as_json:
        return print_json(found)
    rows = [(each["name"], each["title"], each["about"]) for each in found]
    print_table(("template", "title", "about"), rows, empty="No templates.")


def _show(plan: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        return print_json(plan)
    saving = plan["saving"]
    print_fields(
        {
            "plan": plan["name"], "title": plan["title"], "state": plan["state"], "reason": plan.get("reason"),
            "since": when(plan["since"]), "spent": duration(saving["spent_seconds"]),
            "saved": f"{duration(saving['saved_seconds'])} by {saving['shared_stages']} shared stages"
            if saving["shared_stages"] else None,
            "missing": ", ".join(f"{each['suite']} {each['level']:.2f}" for each in plan["missing"]),
        }
    )  # fmt: skip
    print_table(
        ("stage", "kind", "state", "made", "worst drop", "reason"), map(_row, plan["board"]), empty="No stages."
    )
    for stage in plan["board"]:
        for finding in stage["findings"]:
            note(f"{stage['name']}: {finding['level']}: {finding['message']}")


def _forecast_row(stage: dict[str, Any]) -> tuple[object, ...]:
    estimate = stage["estimate"]
    if estimate is None:
        return stage["name"], stage["kind"], "shared" if stage["shared"] else "unknown", None
    return stage["name"], stage["kind"], duration(estimate["seconds"]), money(estimate["micro"], "CNY")


def _row(stage: dict[str, Any]) -> tuple[object, ...]:
    worst = ((stage["report"].get("forgetting") or {}).get("worst")) or {}
    drop = f"{worst['suite']} {worst['now'] - worst['was']:+.3f}" if worst else None
    return stage["name"], stage["kind"], stage["state"], stage.get("version"), drop, stage.get("reason")
