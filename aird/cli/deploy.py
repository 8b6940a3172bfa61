"""`aird deploy`: endpoints and what runs on them."""

import time
from typing import TYPE_CHECKING, Any

import click

from aird.cli import delivery, serving
from aird.cli.context import connect, server_options
from aird.cli.delivery import approval_option, newest_approval, open_rollout, say_rollout
from aird.cli.failures import INTERRUPTED, Failure
from aird.cli.output import (
    json_option,
    limit_option,
    note,
    print_fields,
    print_json,
    print_table,
    short_digest,
    when,
)

if TYPE_CHECKING:
    from aird.client import Client

POLL_SECONDS = 0.5

wait_option = click.option("--wait/--no-wait", default=True, show_default=True, help="Wait until it answers.")
timeout_option = click.option(
    "--timeout", type=click.FloatRange(min=0), default=300.0, show_default=True, metavar="SECONDS",
    help="Give up waiting after this.",
)  # fmt: skip


@click.group(short_help="Endpoints: put an approved version to work, or roll back.")
def deploy() -> None:
    """Endpoints. Only approved bytes are put to work."""


for command in (
    delivery.canary, delivery.shadow, delivery.advance, delivery.status,
    serving.capacity, serving.engines, serving.capture, serving.exchanges,
):  # fmt: skip
    deploy.add_command(command)


@deploy.command("ls")
@limit_option
@json_option
@server_options
def ls(limit: int | None, as_json: bool) -> None:
    """List the endpoints and what runs on them."""
    with connect() as aird:
        found = list(aird.endpoints.list(limit=limit))
    if as_json:
        return print_json(found)
    print_table(
        ("endpoint", "state", "reason", "deployed", "answers", "digest", "previous", "since"),
        map(_row, found),
        empty="No endpoints. Open one: aird deploy create DEPARTMENT/NAME",
    )


def _row(endpoint: dict[str, Any]) -> tuple[object, ...]:
    current, serving, previous = (endpoint.get(name) or {} for name in ("current", "serving", "previous"))
    return (
        endpoint["name"], endpoint["state"], endpoint.get("reason"), current.get("version"),
        serving.get("version"), short_digest(serving.get("digest")), previous.get("version"),
        when(endpoint.get("since")),
    )  # fmt: skip


@deploy.command("create")
@click.argument("name")
@click.option("--title", help="What it is for [the name in words].")
@click.option("--approval", metavar="ID", help="Put this approved version to work at once.")
@wait_option
@timeout_option
@json_option
@server_options
def create(name: str, title: str | None, approval: str | None, wait: bool, timeout: float, as_json: bool) -> None:
    """Open the endpoint NAME (department/name)."""
    from aird.client.refs import title_of

    with connect() as aird:
        endpoint: dict[str, Any] = aird.endpoints.create(name, title=title or title_of(name))
        if approval:
            endpoint = _deploy(aird, name, aird.approvals.get(approval), wait=wait, timeout=timeout)
    _say(endpoint, as_json=as_json)


@deploy.command("promote")
@click.argument("name")
@approval_option
@click.option("-m", "--reason", default="Promoted on the command line", help="Why, when a trial ends with it.")
@wait_option
@timeout_option
@json_option
@server_options
def promote(name: str, approval: str | None, reason: str, wait: bool, timeout: float, as_json: bool) -> None:
    """Put to work on the endpoint NAME what is tried there, or else what was approved last."""
    with connect() as aird:
        trial = None if approval else open_rollout(aird, name)
        if trial is not None:
            aird.endpoints.promote(name, trial["number"], reason=reason)
            note(f"{trial['candidate']['version']} is what {name} serves from now on")
            endpoint: dict[str, Any] = _ready(aird, name, timeout) if wait else aird.endpoints.get(name)
            return _say(endpoint, as_json=as_json)
        signed = aird.approvals.get(approval) if approval else newest_approval(aird, name)
        endpoint = _deploy(aird, name, signed, wait=wait, timeout=timeout)
    _say(endpoint, as_json=as_json)


@deploy.command("rollback")
@click.argument("name")
@click.option("-m", "--reason", required=True, help="Why; it is kept in the audit log.")
@wait_option
@timeout_option
@json_option
@server_options
def rollback(name: str, reason: str, wait: bool, timeout: float, as_json: bool) -> None:
    """Take back what is tried on the endpoint NAME; with no trial there, put the previous version back."""
    with connect() as aird:
        trial = open_rollout(aird, name)
        if trial is not None:
            return say_rollout(aird.endpoints.take_back(name, trial["number"], reason=reason), as_json=as_json)
        endpoint: dict[str, Any] = aird.endpoints.rollback(name, reason=reason)
        if wait:
            endpoint = _ready(aird, name, timeout)
    _say(endpoint, as_json=as_json)


def _deploy(aird: "Client", name: str, approval: dict[str, Any], *, wait: bool, timeout: float) -> dict[str, Any]:
    note(f"{approval['version']} ({short_digest(approval['digest'])}) goes to {name}")
    version, digest = approval["version"], approval["digest"]
    endpoint = aird.endpoints.deploy(name, approval=approval["id"], version=version, digest=digest)
    return _ready(aird, name, timeout) if wait else endpoint


def _ready(aird: "Client", name: str, timeout: float) -> dict[str, Any]:
    """The endpoint when what was deployed last is what answers."""
    until, last = time.monotonic() + timeout, None
    try:
        while True:
            endpoint = aird.endpoints.get(name)
            deployed, serving = endpoint.get("current"), endpoint.get("serving")
            if endpoint["state"] == "ready" and deployed and deployed == serving:
                return endpoint
            if endpoint["state"] == "failed":
                raise Failure(f"{name} failed.", endpoint.get("reason") or "", then=f"aird deploy rollback {name}")
            if time.monotonic() >= until:
                raise Failure(
                    f"{name} is still {endpoint['state']}.",
                    endpoint.get("reason") or "",
                    then="aird deploy ls",
                )
            said = f"{endpoint['state']}: {endpoint.get('reason') or 'no reason given'}"
            if said != last:
                note(f"{name}: {said}")
                last = said
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        raise Failure("Detached; the endpoint goes on.", then="aird deploy ls", exit_code=INTERRUPTED) from None


def _say(endpoint: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        return print_json(endpoint)
    current, serving = endpoint.get("current") or {}, endpoint.get("serving") or {}
    print_fields(
        {
            "endpoint": endpoint["name"], "state": endpoint["state"], "reason": endpoint.get("reason"),
            "deployed": current.get("version"), "answers": serving.get("version"),
            "digest": serving.get("digest"),
            "model": endpoint.get("model"),
        }
    )  # fmt: skip
