"""`aird merge`, `search` and `without`: rotation, planned before it runs."""

from pathlib import Path
from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import duration, json_option, note, print_fields, print_json, print_table, size
from aird.cli.progress import follow, watch
from aird.cli.recipes import read_recipe, recipe_argument, wait_option

METHODS = ("tsv", "linear", "task_arithmetic", "iso_c", "ties", "knots_ties", "ctm")
PAIRS = 10
"""How many pairs of parents a plan shows."""


@click.command(short_help="Rotation: merge versions, by name or by a mergekit recipe.")
@click.argument("what", nargs=-1, required=True, metavar="RECIPE | VERSION...")
@click.option("--model", metavar="NAME", help="Where the child is filed (department/name), unless the recipe says so.")
@click.option("--method", type=click.Choice(METHODS), help="How versions are merged.  [default: tsv]")
@click.option("--weights", metavar="W,W,...", help="One number for each version.  [default: 1 each]")
@click.option("--base", metavar="REF", help="Their base; only `ties` and `task_arithmetic` want to hear it.")
@click.option("--rank", metavar="N|servable", help="Cut the result to this rank.")
@click.option("--full", is_flag=True, help="Make a whole model instead of an adapter.")
@click.option("--finish", is_flag=True, help="Have the parents teach the result shortly, on their own prompts.")
@click.option("--dry-run", is_flag=True, help="Say what would be merged, and stop.")
@click.option("--measure", is_flag=True, help="With --dry-run: first measure what each rank would keep.")
@wait_option
@json_option
@server_options
def merge(
    what: tuple[str, ...],
    model: str | None,
    dry_run: bool,
    measure: bool,
    wait: bool,
    as_json: bool,
    **said: Any,
) -> None:
    """Merge the VERSIONs (department/name@3), or by RECIPE, a mergekit YAML file taken unchanged; - reads stdin."""
    if measure and not dry_run:
        raise click.UsageError("--measure goes with --dry-run: it tells what a merge would keep, and merges nothing.")
    recipe = _recipe(what, said)
    with connect() as aird:
        if dry_run:
            if measure:
                job = aird.merges.measure(recipe)
                watch(aird, job["id"], title=job["kind"])
            return _show_plan(aird.merges.plan(recipe, model=model), as_json=as_json)
        follow(aird, aird.merges.start(recipe, model=model), wait=wait, as_json=as_json)


def _recipe(what: tuple[str, ...], said: dict[str, Any]) -> str | dict[str, Any]:
    from aird.client.rotation import METHOD, recipe_of

    if len(what) == 1 and (what[0] == "-" or Path(what[0]).is_file()):
        asked = sorted(name for name, value in said.items() if value)
        if asked:
            raise click.UsageError(
                f"The recipe says all by itself. Leave --{asked[0]} out, or write it into the recipe."
            )
        return read_recipe(what[0])
    if len(what) == 1 and what[0].endswith((".yaml", ".yml", ".json")):
        raise click.UsageError(f"There is no file {what[0]}.")
    weights = _weights(said["weights"], len(what))
    return recipe_of(
        what if weights is None else dict(zip(what, weights, strict=True)),
        method=said["method"] or METHOD,
        base=said["base"],
        rank=_rank(said["rank"]),
        output="full" if said["full"] else None,
        finish=True if said["finish"] else None,
    )


def _weights(text: str | None, count: int) -> list[float] | None:
    if text is None:
        return None
    try:
        weights = [float(each) for each in text.split(",")]
    except ValueError as error:
        raise click.UsageError(f"--weights {text!r} are not numbers such as 0.6,0.4.") from error
    if len(weights) != count:
        raise click.UsageError(f"--weights gives {len(weights)} numbers for {count} versions.")
    return weights


def _rank(text: str | None) -> int | str | None:
    if text in (None, "servable"):
        return text
    if not (text.isascii() and text.isdigit()):
        raise click.UsageError("--rank is a whole number or `servable`.")
    return int(text)


def _show_plan(plan: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        return print_json(plan)
    print_table(
        ("parent", "weight", "rank"),
        [(each["ref"], _figure(each.get("weight")), each.get("rank") or None) for each in plan["parents"]],
        empty="No parents.",
    )
    findings = [each for each in plan.get("findings") or [] if each["level"] != "ok"]
    said = {each["message"] for each in findings}
    print_fields(
        {
            "method": plan["method"], "base": plan.get("base"), "scale": plan.get("scale"),
            "rank": plan.get("rank") or None, "exact": "yes" if plan.get("exact") else "no",
            "size": size(plan.get("bytes")), "statement": plan.get("statement"),
            "license": plan.get("license"), "takes": duration(plan.get("seconds")),
            "memory": size(plan.get("memory_bytes")),
            "notes": "\n".join(each for each in plan.get("notes") or [] if each not in said),
        }
    )  # fmt: skip
    _show_pairs(plan.get("interference") or [])
    measure = plan.get("measure") or {}
    if measure.get("energies"):
        kept = [
            (each["rank"], f"{each['energy']:.1%}", f"{each['worst']:.1%}", each["module"])
            for each in measure["energies"]
        ]
        print_table(("rank", "keeps", "worst module keeps", "which"), kept, empty="")
    for each in findings:
        note(f"{each['level']}: {each['message']}")


def _show_pairs(pairs: list[dict[str, Any]]) -> None:
    """Those who lie closest, or most against each other: of 64 parents there are 2016 pairs."""
    if not pairs:
        return
    closest = sorted(pairs, key=lambda each: -abs(each["cosine"] or 0))[:PAIRS]
    rows = [(each["one"], each["other"], _figure(each["cosine"]), _figure(each["overlap"])) for each in closest]
    print_table(("one", "other", "cosine", "overlap"), rows, empty="")
    if len(pairs) > PAIRS:
        note(f"{len(pairs) - PAIRS} more pairs are further from each other; --json has them all.")


def _figure(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"


@click.command(short_help="Look for the best merge of a recipe's parents.")
@recipe_argument
@click.option("--model", metavar="NAME", help="Where a child would be filed.")
@wait_option
@json_option
@server_options
def search(recipe: str, model: str | None, wait: bool, as_json: bool) -> None:
    """Try the candidates of RECIPE, a mergekit YAML file with `aird: {search: {...}}`; files nothing.

    Prints the trials with what they keep; `--json` has the recipe that makes each of them.
    """
    text = read_recipe(recipe)
    with connect() as aird:
        job = aird.merges.search(text, model=model)
        if not wait:
            return follow(aird, job, wait=False, as_json=as_json)
        ended = watch(aird, job["id"], title=job["kind"])
        found = aird.merges.trials(job["id"])
        if as_json:
            return print_json(found)
        if ended["state"] != "succeeded":
            return follow(aird, job, wait=True, as_json=as_json)
        _show_trials(found)


def _show_trials(found: dict[str, Any]) -> None:
    rows = []
    for each in found["trials"]:
        mark = "best" if each["number"] == found["best"] else "front" if each["front"] else ""
        params = " ".join(f"{name}={value}" for name, value in each["params"].items() if value is not None)
        held = [score["kept"] for score in each.get("held_out") or []]
        kept = (each["mean"], each["worst"], sum(held) / len(held) if held else None, min(held, default=None))
        rows.append((each["number"], params, *map(_figure, kept), each["rank"] or None, each["state"], mark))
    headings = ("trial", "recipe", "mean kept", "worst kept", "mean held out", "worst held out", "rank", "state", "")
    print_table(headings, rows, empty="No trials.")
    if (found.get("space") or {}).get("floors", True):
        met = "The best meets every floor" if found["floors_met"] else "No candidate meets every floor"
        note(f"{met} on the items that none was chosen by.")
    note(f"The recipe of a trial: aird search ... --json, or {found['job_id']} in the rotation studio.")


@click.command(short_help="Take parents out of a merged version.")
@click.argument("version")
@click.argument("parents", nargs=-1, required=True, metavar="PARENT...")
@click.option("--model", metavar="NAME", help="Where the new child is filed; by default beside the old one.")
@click.option("--dry-run", is_flag=True, help="Print the recipe without them, and stop.")
@wait_option
@json_option
@server_options
def without(
    version: str, parents: tuple[str, ...], model: str | None, dry_run: bool, wait: bool, as_json: bool
) -> None:
    """Merge VERSION again without the PARENTs: bit for bit as if they had never been there."""
    with connect() as aird:
        yaml = aird.merges.without(version, parents)
        if dry_run:
            return click.echo(yaml, nl=not yaml.endswith("\n"))
        follow(aird, aird.merges.start(yaml, model=model), wait=wait, as_json=as_json)
