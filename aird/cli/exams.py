"""`aird exams`: suites, why versions score in them what they do, and who is proven to be better."""

from pathlib import Path
from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import json_option, limit_option, note, print_fields, print_json, print_table, when
from aird.cli.progress import follow
from aird.cli.recipes import read_recipe, wait_option

QUESTIONS = ("better", "noninferior")
SLOTS = ("skill", "safety", "refusal", "reliability")
CHANGES = ("won", "lost", "right", "wrong")


@click.group(short_help="Exams: suites, results, comparisons.")
def exams() -> None:
    """Exams: suites, results item by item, and comparisons that stop as soon as the answer is clear."""


@exams.command("ls")
@limit_option
@json_option
@server_options
def ls(limit: int | None, as_json: bool) -> None:
    """List the suites."""
    with connect() as aird:
        found = list(aird.suites.list(limit=limit))
    if as_json:
        return print_json(found)
    rows = [
        (each["name"], each["slot"], each["skill"], each["scorer"], each["items"], each["dataset"], each["title"])
        for each in found
    ]
    print_table(("suite", "slot", "skill", "scorer", "items", "data", "title"), rows, empty="No suites.")


@exams.command("import")
@click.argument("name")
@click.argument("task", type=click.Path(exists=True, dir_okay=False))
@click.argument("documents", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--shots", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Few-shot examples, JSONL.")
@click.option("--dry-run", is_flag=True, help="Say what it would become, and stop.")
@json_option
@server_options
def take(name: str, task: str, documents: Path, shots: Path | None, dry_run: bool, as_json: bool) -> None:
    """Make the suite NAME of TASK, a YAML file of lm-evaluation-harness, and its DOCUMENTS, a JSONL file."""
    yaml, texts = read_recipe(task), documents.read_text(encoding="utf-8")
    examples = shots.read_text(encoding="utf-8") if shots else None
    with connect() as aird:
        found = aird.suites.take(name, yaml, texts, shots=examples, dry_run=dry_run)
    if as_json:
        return print_json(found)
    print_fields({key: found[key] for key in ("task", "scorer", "items")})
    for each in found["notes"]:
        note(each)
    if not dry_run:
        note(f"Added {name}.")


@exams.command("results")
@click.option("--version", "version", help="Only this version's.")
@click.option("--suite", help="Only in this suite.")
@limit_option
@json_option
@server_options
def results(version: str | None, suite: str | None, limit: int | None, as_json: bool) -> None:
    """List what versions scored, the newest first."""
    with connect() as aird:
        found = list(aird.evaluations.list(version=version, suite=suite, limit=limit))
    if as_json:
        return print_json(found)
    rows = [
        (each["id"], each["version"], each["suite"], f"{each['score']:.3f}", f"{each['low']:.3f}-{each['high']:.3f}",
         each["items"], each["metric"], when(each["at"]))
        for each in found
    ]  # fmt: skip
    headings = ("run", "version", "suite", "score", "95 % interval", "items", "metric", "at")
    print_table(headings, rows, empty="Nothing was measured. Write a recipe and run: aird eval RECIPE")


@exams.command("explain")
@click.argument("run")
@click.option("--against", metavar="RUN", help="Hold it against this run.  [default: the parent's]")
@click.option("--only", type=click.Choice(CHANGES), help="Only items that changed like this.")
@json_option
@server_options
def explain(run: str, against: str | None, only: str | None, as_json: bool) -> None:
    """Show the items that RUN won and lost."""
    with connect() as aird:
        found = aird.evaluations.explain(run, against=against, change=only)
    if as_json:
        return print_json(found)
    other = found.get("against") or {}
    print_fields(
        {
            "version": found["run"]["version"], "suite": found["run"]["suite"], "score": f"{found['run']['score']:.3f}",
            "against": f"{other['version']} ({other['score']:.3f})" if other else None, **found["tally"],
        }
    )  # fmt: skip
    rows = [(each["id"], each["change"], each.get("answer"), _wanted(each), _asked(each)) for each in found["items"]]
    print_table(("item", "", "answer", "wanted", "question"), rows, empty="No such items.")
    if found["next"]:
        note("There are more; --json gives the cursor.")


def _wanted(item: dict[str, Any]) -> str | None:
    return (item.get("asked") or {}).get("wanted")


def _asked(item: dict[str, Any]) -> str | None:
    messages = (item.get("asked") or {}).get("messages") or []
    return " ".join(messages[-1]["content"].split())[:120] if messages else None


@exams.command("skills")
@click.option(
    "--by", type=click.Choice(("skill", "slot")), default="skill", show_default=True, help="What a column is."
)
@click.option("--slot", type=click.Choice(SLOTS), help="Only exams of this slot.")
@click.option("--department", metavar="KEY", help="Only models of this department.")
@click.option("--every", is_flag=True, help="Every measured version, not the newest of each model.")
@limit_option
@json_option
@server_options
def skills(by: str, slot: str | None, department: str | None, every: bool, limit: int | None, as_json: bool) -> None:
    """Show which version can do what: exams of one skill, or of one slot, taken together."""
    with connect() as aird:
        found = aird.evaluations.skills(by=by, slot=slot, department=department, every=every, limit=limit)
    if as_json:
        return print_json(found)
    headings = ("version", "state", *(each["skill"] or each["slot"] for each in found["groups"]))
    rows = [
        (each["ref"], each["state"], *(_cell(each["cells"][group["key"]]) for group in found["groups"]))
        for each in found["rows"]
    ]
    print_table(headings, rows, empty="Nothing was measured. Write a recipe and run: aird eval RECIPE")
    if found["next"]:
        note("There are more; --limit shows them, up to 500.")


def _cell(cell: dict[str, Any] | None) -> str | None:
    return f"{cell['score']:.3f} ({cell['low']:.3f}-{cell['high']:.3f}), n={cell['items']}" if cell else None


@exams.command("evolution")
@click.argument("model")
@click.option("--suite", help="Only this suite.")
@limit_option
@json_option
@server_options
def evolution(model: str, suite: str | None, limit: int | None, as_json: bool) -> None:
    """Show how the skills of MODEL went from version to version."""
    with connect() as aird:
        found = aird.evaluations.evolution(model, limit=limit)
    if as_json:
        return print_json(found)
    courses = [each for each in found["courses"] if suite in (None, each["suite"])]
    rows = [
        (course["suite"], course["skill"], course["slot"], f"@{point['version']}", f"{point['score']:.3f}",
         f"{point['low']:.3f}-{point['high']:.3f}", point["items"], _step(point["step"]), when(point["at"]))
        for course in courses for point in course["points"]
    ]  # fmt: skip
    headings = ("suite", "skill", "slot", "version", "score", "95 % interval", "items", "against the one before", "at")
    print_table(headings, rows, empty="No version of this model was measured.")
    if found["cut"]:
        note("There are older versions; --limit shows more.")


def _step(step: dict[str, Any] | None) -> str | None:
    if step is None:
        return None
    change = f"{100 * step['difference']:+.1f} points ({100 * step['low']:+.1f} to {100 * step['high']:+.1f})"
    return f"{change}, {step['won']} won, {step['lost']} lost against @{step['against']}"


@exams.command("compare")
@click.argument("version")
@click.argument("reference")
@click.argument("suites", nargs=-1, required=True)
@click.option("--question", type=click.Choice(QUESTIONS), default="better", show_default=True, help="What is asked.")
@click.option("--margin", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Which difference counts.")
@wait_option
@json_option
@server_options
def compare(
    version: str,
    reference: str,
    suites: tuple[str, ...],
    question: str,
    margin: float | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Examine VERSION beside REFERENCE in SUITES; stops as soon as the answer is clear."""
    with connect() as aird:
        job = aird.evaluations.compare(version, reference, suites, question=question, margin=margin)
        follow(aird, job, wait=wait, as_json=as_json)


@click.command(short_help="Who should teach which skill to whom.")
@click.option("--student", metavar="VERSION", help="Only teachers of this version.")
@click.option("--skill", metavar="NAME", help="Only this skill.")
@limit_option
@json_option
@server_options
def mentors(student: str | None, skill: str | None, limit: int | None, as_json: bool) -> None:
    """List which version should teach which skill to whom, with what stands in the way."""
    with connect() as aird:
        found = aird.distillations.matches(student=student, skill=skill, limit=limit)
    if as_json:
        return print_json(found)
    rows = [
        (each["teacher"], each["student"], each["skill"], f"{each['gain']:+.3f}", each["way"],
         "; ".join(reason["message"] for reason in each["stops"]))
        for each in found["items"]
    ]  # fmt: skip
    print_table(("teacher", "student", "skill", "gain", "way", "stops"), rows, empty="No version can teach another.")
