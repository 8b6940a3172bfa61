"""`aird train`, `distill` and `eval`: hand a recipe to the server and watch its job."""

import sys
from pathlib import Path
from typing import Any

import click

from aird.cli.context import connect, server_options
from aird.cli.output import duration, json_option, note, print_fields, print_json, size
from aird.cli.progress import follow

recipe_argument = click.argument("recipe", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
wait_option = click.option("--wait/--no-wait", default=True, show_default=True, help="Watch the job to its end.")


def read_recipe(recipe: str) -> str:
    try:
        if recipe == "-":
            return sys.stdin.buffer.read().decode()
        return Path(recipe).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{recipe} is not UTF-8 text. A recipe is a YAML file.") from error


estimate_option = click.option("--dry-run", is_flag=True, help="Say what it would take, and stop.")


@click.command(short_help="Train a version from data.")
@recipe_argument
@estimate_option
@wait_option
@json_option
@server_options
def train(recipe: str, dry_run: bool, wait: bool, as_json: bool) -> None:
    """Train a version by RECIPE, a YAML file {apiVersion: aird/v1, kind: Train, spec: ...}; - reads stdin."""
    text = read_recipe(recipe)
    with connect() as aird:
        if dry_run:
            return _show_estimate(aird.trainings.estimate(text), as_json=as_json)
        follow(aird, aird.trainings.start(text), wait=wait, as_json=as_json)


@click.command(short_help="Have teachers train a student.")
@recipe_argument
@estimate_option
@wait_option
@json_option
@server_options
def distill(recipe: str, dry_run: bool, wait: bool, as_json: bool) -> None:
    """Distil by RECIPE, a YAML file {apiVersion: aird/v1, kind: Distill, spec: ...}; - reads stdin."""
    text = read_recipe(recipe)
    with connect() as aird:
        if dry_run:
            return _show_estimate(aird.distillations.estimate(text), as_json=as_json)
        follow(aird, aird.distillations.start(text), wait=wait, as_json=as_json)


def _show_estimate(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        return print_json(found)
    takes = found["estimate"]
    spread = [duration(each) for each in (takes.get("low"), takes.get("high")) if each is not None]
    print_fields(
        {
            "model": found["model"], "base": found.get("base"), "student": found.get("student"), "on": found["chip"],
            "steps": found["steps"], "items": found["items"], "epochs": f"{found['epochs']:.2f}",
            "tokens": found.get("tokens"), "trainable": found.get("trainable"),
            "takes": duration(takes["seconds"]) + (f" ({' to '.join(spread)})" if spread else ""),
            "memory": size(takes["memory"]) + _corrected(takes), "energy": f"{takes['kwh']:.3g} kWh",
            "basis": takes["basis"],
        }
    )  # fmt: skip
    for each in found["findings"]:
        if each["level"] != "ok":
            note(f"{each['level']}: {each['message']}")


def _corrected(takes: dict[str, Any]) -> str:
    """By how much past jobs corrected the rule's memory, and how like this one they were."""
    if not takes.get("memory_jobs"):
        return ""
    alike = " and ".join(takes["memory_alike"])
    like = f" of the same {alike}" if alike else ""
    return f" ({takes['memory'] / takes['rule_memory']:.2f} of the rule, by {takes['memory_jobs']} past jobs{like})"


EXAM_FIELDS = {"versions", "suites", "split", "engine", "checks", "anchors"}


@click.command("eval", short_help="Measure versions on suites.")
@recipe_argument
@wait_option
@json_option
@server_options
def evaluate(recipe: str, wait: bool, as_json: bool) -> None:
    """Evaluate by RECIPE, a YAML file {versions: [...], suites: [...], split: ...}; no suites means all.

    It may also say `engine: lm_eval`, `checks: [...]` of reliability, and `anchors: 100` for a cheap examination.
    """
    spec = _evaluation(recipe)
    with connect() as aird:
        more = {name: spec[name] for name in ("engine", "checks", "anchors") if name in spec}
        job = aird.evaluations.start(spec["versions"], spec.get("suites"), spec.get("split"), **more)
        follow(aird, job, wait=wait, as_json=as_json)


def _evaluation(recipe: str) -> dict[str, Any]:
    import yaml

    try:
        spec = yaml.safe_load(read_recipe(recipe))
    except yaml.YAMLError as error:
        raise click.UsageError(f"{recipe} is not YAML: {error}") from error
    example = "Write for example:\n  versions: [support/agent@3]\n  suites: [support/exam]"
    if not isinstance(spec, dict) or not isinstance(spec.get("versions"), list):
        raise click.UsageError(f"{recipe} names no versions. {example}")
    unknown = sorted(str(key) for key in spec.keys() - EXAM_FIELDS)
    if unknown:
        raise click.UsageError(f"{recipe} has fields that an evaluation does not know: {', '.join(unknown)}. {example}")
    for key in ("versions", "suites", "checks"):
        names = spec.get(key)
        if names is not None and not (isinstance(names, list) and all(isinstance(each, str) for each in names)):
            raise click.UsageError(f"{recipe}: {key} is a list of names. {example}")
    return spec
