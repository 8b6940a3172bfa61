"""What it takes to plan a rotation: `python -m benchmarks.rotation_search [--floor 0.6] [--trials 24] [--json]`.

On a server of its own the sample organisation trains its three specialists, and a second one for customer support. The
four are then searched for a merge that keeps a floor of every department's skill. What is shown is how long that took
and how many candidates it needed, beside the training of one specialist from the base in the same run.
"""

import argparse
import json
from time import monotonic
from typing import Any

import yaml
from rich.console import Console

from aird.client import Client
from aird.sample import people, recipes
from aird.sample.organisation import BASE, Organisation
from benchmarks.main_job_server import own_server

METHODS = ["tsv", "linear", "iso_c", "ties", "ctm"]
SCALES = [0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2]
DENSITIES = [0.1, 0.2, 0.5]
SECOND = "support/specialist-two"


class Founding(Organisation):
    """The organisation as far as its specialists."""

    def prepare(self) -> dict[str, float]:
        """Found it and train; gives the seconds of each training."""
        people.found(self.admin)
        self.sam = people.sign_in(self.admin, "sam")
        self._bases()
        self._data()
        self._models()
        jobs = [self._order(f"Specialist: {each.key}", self._training(each)) for each in self.departments]
        self.sam.models.ensure(SECOND, title="Second support specialist")
        jobs.append(self.sam.trainings.start(_second()))
        return {job["title"]: float(job["seconds"]) for job in self._finish(jobs)}

    def search(self, space: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The job, and the search as it is read."""
        recipe = {
            "merge_method": "tsv",
            "base_model": BASE,
            "models": [{"model": ref} for ref in [*self.specialists, f"{SECOND}@1"]],
            "aird": {"model": "platform/assistant", "search": {"suites": self.suites, **space}},
        }
        job = self.sam.merges.search(yaml.safe_dump(recipe, sort_keys=False))
        (done,) = self._finish([job])
        return done, dict(self.sam.merges.trials(done["id"]))


def _second() -> dict[str, Any]:
    """The same training as the first support specialist's, with another seed."""
    own = {key: value for key, value in recipes.SPECIALIST.items() if key != "method"}
    return {
        "model": SECOND,
        "title": "Specialist: support, again",
        "method": recipes.SPECIALIST["method"],
        "base": BASE,
        "datasets": ["support/requests@1"],
        "settings": {**own, "seed": 1},
    }


def measure(floor: float, trials: int, console: Console) -> dict[str, Any]:
    """All figures of one run."""
    with own_server() as place, Client(place.url, place.token) as admin:
        house = Founding(admin, console)
        trained = house.prepare()
        space = {"methods": METHODS, "scales": SCALES, "densities": DENSITIES, "weights": True, "trials": trials}
        found = {}
        for name, more in (("until the floors are met", {}), ("every trial", {"keep_going": True})):
            started = monotonic()
            floors = dict.fromkeys(house.suites, floor)
            job, read = house.search({**space, **more, "floors": floors})
            found[name] = _figures(job, read, monotonic() - started)
    one = sum(trained.values()) / len(trained)
    return {"floor": floor, "training_seconds": trained, "one_training": one, "searches": found}


def _figures(job: dict[str, Any], read: dict[str, Any], waited: float) -> dict[str, Any]:
    tried = read["trials"]
    best = next(each for each in tried if each["number"] == read["best"])
    states = [each["state"] for each in tried]
    return {
        "seconds": job["seconds"],
        "waited": waited,
        "trials": len(tried),
        "dropped": states.count("dropped"),
        "failed": states.count("failed"),
        "items": sum(each["items"] for each in tried),
        "items_without_races": len(tried) * max(each["items"] for each in tried),
        "floors_met": read["floors_met"],
        "params": best["params"],
        "kept": {each["suite"]: each["kept"] for each in best["held_out"]},
        "searched": {each["suite"]: each["kept"] for each in best["scores"]},
        "front": sum(each["front"] for each in tried),
    }


def show(found: dict[str, Any], console: Console) -> None:
    """The figures as lines."""
    one = found["one_training"]
    console.print(
        f"training one specialist from the base: {one:.0f} s; floors: {found['floor']:.0%} of every department"
    )
    for name, each in found["searches"].items():
        kept = ", ".join(f"{suite} {share:.2f}" for suite, share in each["kept"].items())
        console.print(
            f"{name}: {each['seconds']:.0f} s = {each['seconds'] / one:.2f} trainings; {each['trials']} candidates,"
            f" {each['dropped']} dropped, {each['items']} of {each['items_without_races']} answers;"
            f" floors met: {each['floors_met']}; held out: {kept}; {each['params']}"
        )


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--floor", type=float, default=0.6)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--quick", action="store_true", help="four candidates")
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args(arguments)
    console = Console(stderr=True)
    found = measure(said.floor, 4 if said.quick else said.trials, console)
    print(json.dumps(found, indent=2)) if said.json else show(found, Console())


if __name__ == "__main__":
    main()
