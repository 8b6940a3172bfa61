"""The main job on real questions: `python -m benchmarks.main_job DATA [--url URL --token TOKEN]`.

DATA is the clinc150 folder. Everything goes through the API of a running aird, as people would do it: a base
from scratch, a LoRA specialist in each department, rotation (merge, then finish), mentoring of a student of
half the size, exams, gate, approval by another person, endpoint, one answer, bill, audit. Without --url it
starts `aird up` on a temporary folder and stops it in the end. The server must not have these departments yet.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

import yaml
from rich.console import Console

from aird.client import Client, ClientError
from aird.client.discovery import Place
from aird.client.uploads import Upload
from aird.sample import people
from aird.sample.story import Story
from benchmarks import main_job_data as data
from benchmarks import main_job_tables as tables
from benchmarks.main_job_data import DataMissing, Department
from benchmarks.main_job_recipes import FULL, LABELS_AN_INTENT, QUICK, Recipes
from benchmarks.main_job_server import ServerFailed, own_server

Json = dict[str, Any]

PLATFORM = people.PLATFORM
BASE, SMALL = f"{PLATFORM}/base@1", f"{PLATFORM}/base-small@1"
MERGED, FINISHED = f"{PLATFORM}/assistant@1", f"{PLATFORM}/assistant@2"
STUDENT, ALONE, LABELLED = (
    f"{PLATFORM}/{each}@1" for each in ("apprentice", "apprentice-alone", "apprentice-labelled")
)
READING = f"{PLATFORM}/reading"
READY_SECONDS = 120.0


class StepFailed(RuntimeError):
    """A step did not come out as it should."""


class MainJob:
    """One run on one server."""

    def __init__(self, admin: Client, folder: Path, recipes: Recipes, console: Console) -> None:
        self.admin, self.recipes, self.folder = admin, recipes, folder
        self.story = Story(console)
        self.departments = data.departments(folder)
        self.first = self.departments[0]
        self.suites = [f"{each.key}/exam" for each in self.departments]
        self.specialists = [f"{each.key}/specialist@1" for each in self.departments]
        self.endpoint = f"{self.first.key}/assistant"

    def run(self) -> None:
        """Every step in order, then the tables. Raises StepFailed, ClientError."""
        with ExitStack() as self.signed_in:
            self._steps(self.story)
            self._print()

    def _steps(self, story: Story) -> None:
        with story.step("Organisation: departments and people"):
            self._found()
        with story.step("Data: the bases' reading, each department's questions, the exams"):
            self._upload()
        with story.step("A base from scratch"):
            self._finish([self._pretrain("base", self.recipes.base)])
        with story.step("A LoRA specialist in each department, and the student's small base, two jobs at a time"):
            small = self._pretrain("base-small", self.recipes.small, tokenizer_from=BASE)
            self._finish([small, *[self._specialise(each) for each in self.departments]])
        with story.step("Rotation: merge and finish; beside it base and specialists sit the exams"):
            self._rotate()
        with story.step("Mentoring: the student with a teacher and alone; beside it merged and finished version sit"):
            self._mentor()
        with story.step("The students sit the exams"):
            self._finish([self.sam.evaluations.start([ref], self.suites) for ref in (STUDENT, ALONE, LABELLED)])
        with story.step("Gate, and approval by another person"):
            approval = self._approve()
        with story.step("Endpoint, and one answer with the department's key"):
            self._serve(approval)
        with story.step("Bill and audit chain"):
            self._settle()

    def _found(self) -> None:
        there = {each["key"] for each in self.admin.departments.list()}
        titles = {each.key: each.title for each in self.departments} | {PLATFORM: "Model platform"}
        if taken := sorted(there & titles.keys()):
            raise StepFailed(f"The server has departments {', '.join(taken)} already. Start on an empty one.")
        for key, title in titles.items():
            self.admin.departments.create(key, title=title)
        for username, (name, role, department) in {
            "lin": ("Lin Wei", "lead", self.first.key),
            "sam": ("Sam Okafor", "staff", None),
            "rui": ("Rui Costa", "staff", None),
            "noor": ("Noor Aziz", "auditor", None),
        }.items():
            self.admin.people.create(username, display_name=name, roles=[{"role": role, "department": department}])
        self.lead, self.sam, self.rui, self.noor = (
            self.signed_in.enter_context(people.sign_in(self.admin, each)) for each in ("lin", "sam", "rui", "noor")
        )

    def _upload(self) -> None:
        shots = [shot for each in self.departments for shot in each.shots(self.recipes.shots)]
        card = (
            f"Sentences of Wikipedia, and {self.recipes.shots} training questions of each intent with its name, "
            f"{self.recipes.repeats} times each."
        )
        self._dataset(READING, "text", {"train": data.reading(self.folder, shots, self.recipes.repeats)}, card)
        for each in self.departments:
            name = f"{each.key}/questions"
            self._dataset(name, "training", each.splits(), "CLINC150 (Larson et al., 2019), CC BY 3.0.")
            title = f"{each.title}: which of {len(each.intents)} intents"
            self.sam.suites.create(f"{each.key}/exam", dataset=f"{name}@1", split="exam", scorer="choice", title=title)

    def _dataset(self, name: str, kind: str, splits: dict[str, list[Json]], card: str) -> None:
        self.sam.datasets.create(name, kind=kind, card=card)
        with tempfile.TemporaryDirectory() as folder:
            uploads = []
            for split, items in splits.items():
                file = Path(folder, f"{split}.jsonl")
                file.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
                uploads.append(Upload(file, file.name))
            found = self.sam.datasets.add(name, uploads, card=card)
        counts = ", ".join(f"{count:,} {split}" for split, count in found["splits"].items())
        self.story.say(f"{found['ref']}: {counts}")

    def _pretrain(self, name: str, settings: Json, **more: str) -> Json:
        spec = {"model": f"{PLATFORM}/{name}", "method": "pretrain", "datasets": [f"{READING}@1"],
                "settings": settings, "title": f"From scratch: {name}"}  # fmt: skip
        return self.sam.trainings.start(spec | more)

    def _specialise(self, department: Department) -> Json:
        return self.sam.trainings.start(
            {
                "model": f"{department.key}/specialist",
                "title": f"Specialist: {department.key}",
                "method": "lora",
                "base": BASE,
                "datasets": [f"{department.key}/questions@1"],
                "settings": self.recipes.specialist,
            }
        )

    def _rotate(self) -> None:
        exams = self.sam.evaluations.start([BASE, *self.specialists], self.suites)
        recipe = {
            "merge_method": self.recipes.method,
            "base_model": BASE,
            "models": [{"model": ref, "parameters": {"weight": 1.0}} for ref in self.specialists],
            "aird": {
                "model": f"{PLATFORM}/assistant",
                "title": "Merge the specialists",
                "search": {"scales": list(self.recipes.scales), "suites": self.suites, "split": "dev"},
            },
        }
        text = yaml.safe_dump(recipe, sort_keys=False)
        self.story.say(self.sam.merges.plan(text)["statement"])
        merged = self._finish([self.sam.merges.start(text)])[0]["result"]
        self.story.say(f"scale {merged['scale']} of {self.recipes.scales}, chosen on the dev splits")
        teachers = dict(zip(self.departments, self.specialists, strict=True))
        finish = self._distil("assistant", "Finish, without labels", MERGED, teachers, self.recipes.finish)
        self._finish([finish, exams])

    def _mentor(self) -> None:
        teachers = dict.fromkeys(self.departments, FINISHED)
        student = self._distil("apprentice", "Student with a teacher", SMALL, teachers, self.recipes.student)
        few = self._alone("apprentice-alone", limit=LABELS_AN_INTENT * len(self.first.intents))
        every = self._alone("apprentice-labelled")
        exams = self.sam.evaluations.start([SMALL, MERGED, FINISHED], self.suites)
        self._finish([few, every, exams, student])

    def _alone(self, name: str, **limit: int) -> Json:
        return self.sam.trainings.start(
            {
                "model": f"{PLATFORM}/{name}",
                "title": f"Student without a teacher: {name}",
                "method": "full",
                "base": SMALL,
                "datasets": [f"{each.key}/questions@1" for each in self.departments],
                "settings": self.recipes.alone,
                **limit,
            }
        )

    def _distil(self, name: str, title: str, student: str, teachers: dict[Department, str], settings: Json) -> Json:
        return self.sam.distillations.start(
            {
                "model": f"{PLATFORM}/{name}",
                "title": title,
                "student": student,
                "teachers": [
                    {"version": ref, "dataset": f"{each.key}/questions@1", "split": "unlabelled"}
                    for each, ref in teachers.items()
                ],
                "settings": settings,
            }
        )

    def _finish(self, jobs: Sequence[Json]) -> list[Json]:
        ended: list[Json] = [self.sam.jobs.wait(each["id"]) for each in jobs]
        for job in ended:
            if job["state"] != "succeeded":
                error = job["error"] or {"message": job["reason"]}
                raise StepFailed(f"The job {job['title']!r} {job['state']}: {error['message']}")
            made, loss = job["result"].get("version", "measured"), job["result"].get("final_loss")
            figures = f", loss {loss:.3f}" if loss is not None else ""
            self.story.say(f"{job['title']}: {made}, {job['seconds']:.0f} s{figures}")
        return ended

    def _approve(self) -> Json:
        rules = [
            {"suite": suite, "at_least": self.recipes.least, "measure": "relative", "reference": specialist}
            for suite, specialist in zip(self.suites, self.specialists, strict=True)
        ]
        self.sam.gates.create("as-good-as-specialists", department=self.first.key, rules=rules)
        for ref in (MERGED, FINISHED):
            lines = self.sam.versions.gates(ref, department=self.first.key)["lines"]
            found = ", ".join(f"{each['found']:.2f} {'passed' if each['passed'] else 'failed'}" for each in lines)
            self.story.say(f"gate (at least {self.recipes.least} of each specialist's score): {ref}: {found}")
        self.sam.endpoints.create(self.endpoint, title="Assistant")
        asked = self.lead.approvals.create(
            version=FINISHED, endpoint=self.endpoint, title="One assistant for all", need="Tell what users want."
        )
        if not asked["gate"]["passed"]:
            raise StepFailed(f"{FINISHED} does not pass the gate, so nobody may sign for it.")
        signed = self.rui.approvals.approve(asked["id"], digest=asked["digest"], reason="All exams passed.")
        self.story.say(f"{FINISHED}: made by sam, asked for by {asked['requester']}, signed by {signed['decided_by']}")
        return signed

    def _serve(self, approval: Json) -> None:
        self.sam.endpoints.deploy(self.endpoint, approval=approval["id"])
        until = time.monotonic() + READY_SECONDS
        while (found := self.sam.endpoints.get(self.endpoint))["state"] != "ready":
            if time.monotonic() > until or found["state"] == "failed":
                raise StepFailed(f"{self.endpoint} is {found['state']}: {found['reason']}")
            time.sleep(0.2)
        key = self.lead.tokens.create("main job", kind="key", department=self.first.key, days=1)["token"]
        question = self.first.test[0]
        with Client(self.admin.url, key) as visitor:
            answer = visitor.chat(
                self.endpoint, question.prompt["messages"], stream=False, max_tokens=12, temperature=0
            )
        said, usage = answer["choices"][0]["message"]["content"], answer["usage"]
        self.story.say(f"asked {question.text!r}, answered {said!r} (wanted {question.intent!r})")
        self.story.say(f"{usage['prompt_tokens']} + {usage['completion_tokens']} tokens")

    def _settle(self) -> None:
        usage = self.lead.usage.get(department=self.first.key)
        total = usage["total"]
        if not total["completion_tokens"] or not usage["reconciled"]:
            raise StepFailed(f"The bill does not show the answer: {json.dumps(usage)[:500]}")
        self.story.say(
            f"{self.first.key}: {total['requests']} request, {total['prompt_tokens']} + {total['completion_tokens']} "
            f"tokens, {total['cost_micro'] / 1e6:.6f} {usage['currency']}, reconciled"
        )
        verdict = self.noor.audit.verify()
        if not verdict["sound"]:
            raise StepFailed(f"The audit chain is broken: {verdict['fault']}")
        self.story.say(f"audit chain sound over {verdict['entries']} entries")

    def _print(self) -> None:
        matrix = self.sam.versions.skills()
        refs = [BASE, *self.specialists, MERGED, FINISHED, SMALL, STUDENT, ALONE, LABELLED]
        lines = tables.skills(matrix, {ref: self.sam.versions.get(ref)["parameters"] for ref in refs})
        rotated = {"base": BASE, f"merge ({self.recipes.method})": MERGED, "merge, then finish": FINISHED}
        lines += tables.normalised(matrix, self.specialists, rotated)
        lines += tables.mentoring(matrix, {
            "teacher": FINISHED, "student, no labels": STUDENT,
            f"same student, {LABELS_AN_INTENT} labels an intent, no teacher": ALONE,
            "same student, all labels, no teacher": LABELLED,
        })  # fmt: skip
        for line in [*lines, *tables.times(self.story.seconds)]:
            self.story.console.print(line, markup=False, soft_wrap=True)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.main_job", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path, help="the clinc150 folder")
    parser.add_argument("--url", help="a running aird without these departments; else one is started for the run")
    parser.add_argument("--token", help="an administrator's token for --url")
    parser.add_argument("--quick", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if bool(options.url) is not bool(options.token):
        parser.error("--url and --token go together")
    console = Console(highlight=False, soft_wrap=True)
    try:
        if options.url:
            _run(Place(options.url, options.token), options, console)
        else:
            with own_server() as place:
                _run(place, options, console)
            used = getrusage(RUSAGE_CHILDREN)
            console.print(f"\nCPU seconds of the server and all its jobs: {used.ru_utime + used.ru_stime:.0f}")
    except (DataMissing, ServerFailed, StepFailed, ClientError) as error:
        console.print(f"\nStopped: {error}", markup=False)
        return 1
    return 0


def _run(place: Place, options: argparse.Namespace, console: Console) -> None:
    with Client(place.url, place.token) as admin:
        MainJob(admin, options.data, QUICK if options.quick else FULL, console).run()


if __name__ == "__main__":
    raise SystemExit(main())
