"""The sample organisation goes through the main job of aird, for real, as people would: over the API with their tokens.

Every step first looks whether its result is there, so that a run that was cut short goes on where it stopped and a
finished one is not trained again.
"""

import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from aird.client import Client
from aird.client.uploads import Upload
from aird.sample import people, recipes
from aird.sample.departments import SampleDepartment, departments
from aird.sample.figures import mentoring_lines, rotation_lines
from aird.sample.service_desk import ServiceDesk
from aird.sample.story import Story

Json = dict[str, Any]

BASE, SMALL = "platform/base@1", "platform/base-small@1"
MERGED, FINISHED = "platform/assistant@1", "platform/assistant@2"
APPRENTICE, ALONE = "platform/apprentice@1", "platform/apprentice-alone@1"
MODELS = {
    "support/specialist": "Support specialist",
    "finance/specialist": "Finance specialist",
    "hr/specialist": "HR specialist",
    "platform/assistant": "Company assistant",
    "platform/apprentice": "Apprentice",
    "platform/apprentice-alone": "Apprentice without a teacher",
}
"""The models that the main job makes versions of, with the titles on their personnel files."""
ASSETS = Path(__file__).parent / "assets" / "base"
MODEL_FILES = ("*.json", "*.safetensors", "*.jinja")
NOT_MODEL_FILES = frozenset({"base.json"})


class SampleFailed(RuntimeError):
    """A step of the sample organisation did not come out as it should."""


class Organisation:
    """One run of the main job on a server; `run` tells whether every step came out."""

    def __init__(self, admin: Client, console: Console) -> None:
        self.admin = admin
        self.story = Story(console)
        self.departments = departments()
        self.suites = [f"{each.key}/exam" for each in self.departments]
        self.specialists = [f"{each.key}/specialist@1" for each in self.departments]

    def run(self) -> None:
        """Every step in order. Raises SampleFailed, ApiProblem."""
        story = self.story
        with story.step("The organisation: departments and people"):
            people.found(self.admin)
            self.sam = people.sign_in(self.admin, "sam")
            story.say(f"{len(people.PEOPLE)} people, {len(self.departments) + 1} departments")
        with story.step("The base models, trained ahead by `make sample-base`, and each department's data"):
            self._bases()
            self._data()
        with story.step("Basic training: a LoRA specialist in every department, side by side"):
            self._train()
        with story.step("Rotation: merge the specialists exactly, then finish by distilling them, without labels"):
            self._rotate()
        with story.step("Mentoring: a smaller student learns from the merged version's probabilities"):
            self._mentor()
        with story.step("Every version sits the exams of all departments"):
            self._examine()
        desk = ServiceDesk(self.admin, self.sam, story, self.departments[0])
        with story.step("A gate: one version fails it and is rejected, the other is approved by another person"):
            approval = desk.approve(MERGED, FINISHED)
        with story.step("Deployment: the department's endpoint answers the stock openai client"):
            answer = desk.serve(approval)
        with story.step("Feedback: the lead rates the answer"):
            desk.rate(answer)
        with story.step("The bill and the audit chain"):
            desk.settle()

    def _bases(self) -> None:
        for name, folder in ((BASE, "teacher"), (SMALL, "student")):
            model = name.partition("@")[0]
            title = "Base model" if name == BASE else "Small base model"
            facts = json.loads((ASSETS / folder / "base.json").read_text())
            uploads = [Upload(path, path.name) for path in _model_files(ASSETS / folder)]
            self.sam.models.ensure(model, title=title)
            notes = f"Trained by `{facts['command']}`; model.safetensors is sha256:{facts['digest']}."
            people.ensure(self.sam.versions.add, model, uploads, license="Apache-2.0", notes=notes)
            found = self.sam.versions.get(name)
            self.story.say(f"{name}: {found['parameters']:,} parameters, {found['digest'][:19]}")

    def _data(self) -> None:
        for each in self.departments:
            splits = each.dataset(seed=recipes.DATA_SEED)
            name = f"{each.key}/requests"
            people.ensure(
                self.sam.datasets.create,
                name,
                kind="training",
                title=each.title["en"],
                card=each.card,
                consent="not_needed",
                consent_note="Generated for the sample organisation: every name in it is made up.",
            )
            with tempfile.TemporaryDirectory() as folder:
                people.ensure(self.sam.datasets.add, name, _jsonl(splits, Path(folder)), card=each.card)
            people.ensure(
                self.sam.suites.create,
                f"{each.key}/exam",
                dataset=f"{name}@1",
                split="exam",
                scorer="choice",
                title=f"{each.title['en']}: exam",
            )
            found = self.sam.datasets.version(name, 1)
            counts = ", ".join(f"{count} {split}" for split, count in found["splits"].items())
            self.story.say(f"{name}@1: {counts}; {found['digest'][:19]}")

    def _models(self) -> None:
        for name, title in MODELS.items():
            self.sam.models.ensure(name, title=title)

    def _train(self) -> None:
        self._models()
        jobs = [self._order(f"Specialist: {each.key}", self._training(each)) for each in self.departments]
        jobs.append(self._order("Student without a teacher", self._alone))
        self._finish(jobs)

    def _training(self, department: SampleDepartment) -> Callable[[], Json]:
        spec = {
            "model": f"{department.key}/specialist",
            "title": f"Specialist: {department.key}",
            "method": "lora",
            "base": BASE,
            "datasets": [f"{department.key}/requests@1"],
            "settings": _settings(recipes.SPECIALIST),
        }
        return lambda: self.sam.trainings.start(spec)

    def _alone(self) -> Json:
        spec = {
            "model": "platform/apprentice-alone",
            "title": "Student without a teacher",
            "method": "full",
            "base": SMALL,
            "datasets": [f"{each.key}/requests@1" for each in self.departments],
            **{key: recipes.STUDENT_WITHOUT_TEACHER[key] for key in ("split", "limit")},
            "settings": _settings(recipes.STUDENT_WITHOUT_TEACHER["settings"]),
        }
        return self.sam.trainings.start(spec)

    def _rotate(self) -> None:
        recipe = {
            "merge_method": "task_arithmetic", "base_model": BASE,
            "models": [{"model": ref, "parameters": {"weight": 1.0}} for ref in self.specialists],
            "aird": {"model": "platform/assistant", "title": "Merge the specialists",
                     "search": {"scales": list(recipes.MERGE_SCALES), "suites": self.suites, "split": "dev"}},
        }  # fmt: skip
        text = yaml.safe_dump(recipe, sort_keys=False)
        self.story.say(self.sam.merges.plan(text)["statement"])
        merged = self._finish([self._order("Merge the specialists", lambda: self.sam.merges.start(text))])[0]
        self.story.say(f"scale {merged['result']['scale']} of {recipes.MERGE_SCALES}, chosen on the dev splits")
        spec = {
            "model": "platform/assistant",
            "title": "Finish the merged version",
            "student": MERGED,
            "teachers": [
                {"version": ref, "dataset": f"{each.key}/requests@1", "split": "unlabelled"}
                for ref, each in zip(self.specialists, self.departments, strict=True)
            ],
            "settings": recipes.FINISH,
        }
        self._finish([self._order("Finish the merged version", lambda: self.sam.distillations.start(spec))])

    def _mentor(self) -> None:
        spec = {
            "model": "platform/apprentice",
            "title": "Student with a teacher",
            "student": SMALL,
            "teachers": [
                {"version": FINISHED, "dataset": f"{each.key}/requests@1", "split": recipes.MENTORING_SPLIT}
                for each in self.departments
            ],
            "settings": recipes.STUDENT,
        }
        mentoring = self._order("Student with a teacher", lambda: self.sam.distillations.start(spec))
        # The exams of the versions that are there already run beside the mentoring.
        self._finish([mentoring, *self._exam([BASE, *self.specialists, MERGED, FINISHED, ALONE])])

    def _exam(self, refs: list[str]) -> list[Json]:
        """The job in which those of the versions that have not sat every exam yet sit them."""
        rows = {row["ref"]: row["cells"] for row in self.sam.versions.skills()["rows"]}
        missing = [ref for ref in refs if not all(rows.get(ref, {}).get(suite) for suite in self.suites)]
        return [self.sam.evaluations.start(missing, self.suites)] if missing else []

    def _examine(self) -> None:
        self._finish(self._exam([BASE, *self.specialists, MERGED, FINISHED, ALONE, APPRENTICE]))
        matrix = self.sam.versions.skills()
        self.story.matrix(matrix, [BASE, *self.specialists, MERGED, FINISHED, ALONE, APPRENTICE])
        sizes = {ref: self.sam.versions.get(ref)["parameters"] for ref in (BASE, SMALL)}
        for line in rotation_lines(matrix, self.specialists, MERGED, FINISHED):
            self.story.say(line)
        for line in mentoring_lines(matrix, FINISHED, APPRENTICE, ALONE, sizes[SMALL] / sizes[BASE]):
            self.story.say(line)

    def _order(self, title: str, start: Callable[[], Json]) -> Json:
        """The job of this title, started unless a run before did."""
        return self._by_title(title) or start()

    def _by_title(self, title: str) -> Json | None:
        jobs = (each for each in self.sam.jobs.list() if each["title"] == title)
        return next((each for each in jobs if each["state"] in ("queued", "running", "succeeded")), None)

    def _finish(self, jobs: Iterable[Json]) -> list[Json]:
        ended: list[Json] = [self.sam.jobs.wait(each["id"]) for each in jobs]
        for job in ended:
            if job["state"] != "succeeded":
                error = job["error"] or {"message": job["reason"]}
                raise SampleFailed(f"The job {job['title']!r} {job['state']}: {error['message']}")
            loss = job["result"].get("final_loss") if job["result"] else None
            figures = f", loss {loss:.3f}" if isinstance(loss, float) else ""
            self.story.say(
                f"{job['title']}: {(job['result'] or {}).get('version', 'done')}, {job['seconds']:.0f} s{figures}"
            )
        return ended


def _settings(recipe: Json) -> Json:
    """A recipe's settings without the method, which stands beside them."""
    return {key: value for key, value in recipe.items() if key != "method"}


def _model_files(folder: Path) -> list[Path]:
    found = [path for pattern in MODEL_FILES for path in folder.glob(pattern)]
    return sorted(path for path in found if path.name not in NOT_MODEL_FILES)


def _jsonl(splits: dict[str, list[Json]], folder: Path) -> list[Upload]:
    uploads = []
    for split, items in splits.items():
        path = folder / f"{split}.jsonl"
        path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), encoding="utf-8")
        uploads.append(Upload(path, path.name))
    return uploads
