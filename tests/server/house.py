"""A small house with one of everything, and for every address a body that it takes: what bad input is made from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.service import Parent
from aird.core.db import Base
from aird.datasets import service as datasets
from aird.datasets.models import DatasetFormat, DatasetKind
from aird.datasets.service import NewDatasetVersion
from aird.server.app import create_app
from aird.testing import World

FACTS = {"tokenizer_sha256": "t", "shapes": {"q_proj": [8, 8]}, "ranks": {"q_proj": 2}, "rank": 2}
MERGE = """
merge_method: linear
models:
  - {model: support/mail@1, parameters: {weight: 0.5}}
  - {model: support/calls@1, parameters: {weight: 0.5}}
aird: {model: support/both, title: Both}
"""
LINE = b'{"id": "a", "messages": [{"role": "user", "content": "?"}], "choices": ["a", "b"], "answer": 1}\n'
TRAIN: dict[str, Any] = {
    "model": "support/trained",
    "title": "New",
    "base": "platform/base@1",
    "datasets": ["support/mails@1"],
    "limit": 5,
    "settings": {"steps": 5, "seed": 1, "lora": {"r": 4, "target_modules": ["q_proj"]}},
    "license": "x",
    "notes": "n",
}
DISTILL: dict[str, Any] = {
    "model": "support/mentored",
    "student": "support/mail@1",
    "teachers": [{"version": "support/calls@1", "dataset": "support/mails@1", "split": "train", "limit": 3}],
    "settings": {"steps": 5, "temperature": 1.5},
}
RULES = [{"suite": "support/exam", "at_least": 0.5, "measure": "relative", "reference": "support/mail@1"}]
BECAUSE = {"reason": "Because"}
PLAN = """
apiVersion: aird/v1
kind: Plan
metadata: {name: support/plan, title: Plan}
spec:
  profile: [{suite: support/exam, level: 0.5}]
  stages:
    mail:
      train: {model: support/planned, base: platform/base@1, datasets: [support/mails@1], settings: {steps: 5}}
"""
EXAMPLES: dict[str, dict[str, Any]] = {
    "/session/link": {"code": "x"},
    "/session": {"username": "sam", "password": "x"},
    "/session/password": {"old": "", "new": "correct horse battery"},
    "/departments": {"key": "sales", "title": "Sales", "sample": False},
    "/departments/{key}": {"title": "Support", "quota_bytes": 10**12},
    "/people": {
        "username": "eva", "display_name": "Eva", "password": "correct horse battery",
        "roles": [{"role": "lead", "department": "support"}], "sample": False,
    },
    "/people/{username}/roles": {"role": "staff", "department": "support"},
    "/people/{username}": {"display_name": "Eva Berg", "active": True},
    "/tokens": {"name": "laptop", "kind": "key", "days": 5, "department": "support", "person": "sam"},
    "/models": {"name": "support/model", "title": "Model", "description": "What it does", "tags": ["a"]},
    "/models/{department}/{model}": {
        "title": "Model", "description": "What it does", "tags": ["a"], "visibility": "internal", "gating": "open",
    },
    "/models/{department}/{model}/access-requests": {"fields": {"Why": "To sort mail"}},
    "/models/{department}/{model}/access-requests/{request_id}": {"state": "rejected", "reason": "Because"},
    "/models/{department}/{model}/move": {"name": "support/moved"},
    "/models/{department}/{model}/aliases/{alias}": {"version": 1, "reason": "Because", "protected": False},
    "/models/{department}/{model}/versions/from-uploads": {
        "uploads": ["00000000-0000-0000-0000-000000000000"], "base": "platform/base@1", "license": "x", "notes": "n",
    },
    "/models/{department}/{model}/versions/{number}/retire": {"reason": "Because", "successor": "support/calls@1"},
    "/models/{department}/{model}/versions/{number}/suspend": BECAUSE,
    "/models/{department}/{model}/versions/{number}/reinstate": BECAUSE,
    "/datasets": {"name": "support/set", "title": "Set", "kind": "training", "card": "Card"},
    "/datasets/{department}/{dataset}": {
        "license": "cc-by-4.0", "source": "The mail desk", "consent": "given", "consent_note": "In writing",
        "retention_days": 365, "reason": "Because",
    },
    "/datasets/{department}/{dataset}/versions/{number}/clean": {"leave_out": ["leak"]},
    "/datasets/{department}/{dataset}/versions/{number}/erase": BECAUSE,
    "/datasets/{department}/{dataset}/versions/{number}/permit": {"split": "train", "reason": "Because"},
    "/desk": {"seen": 1, "tour": "done"},
    "/feedback": {
        "completion_id": "chatcmpl-1", "rating": 1, "comment": "c", "correction": "d", "answer": "e",
        "messages": [{"role": "user", "content": "?"}],
    },
    "/suites": {
        "name": "support/suite", "title": "Suite", "dataset": "support/mails@1", "split": "exam", "scorer": "choice",
    },
    "/suites/import": {
        "name": "support/task", "title": "Task", "skill": "s", "slot": "safety", "dry_run": True, "shots": "{}",
        "yaml": "task: t\ndoc_to_text: q\ndoc_to_target: a", "documents": '{"q": "?", "a": "!"}',
    },
    "/evidence/runs": {"base": "platform/base@1", "adapter": "support/mail@1", "runtime": "hf", "chip": "cpu"},
    "/gates": {"name": "gate", "department": "support", "rules": RULES},
    "/gates/{gate_id}": {"rules": RULES, "reason": "Because"},
    "/comparisons": {"version": "support/mail@1", "reference": "support/calls@1", "suites": ["support/exam"]},
    "/evaluations": {"versions": ["support/mail@1"], "suites": ["support/exam"], "split": "exam"},
    "/merges": {"yaml": MERGE, "model": "support/m", "title": "M", "license": "l", "notes": "n"},
    "/merges/plan": {
        "yaml": MERGE, "search": {"scales": [1.0], "suites": ["support/exam"], "split": "train"}, "title": "t",
    },
    "/merges/measure": {"yaml": MERGE},
    "/merges/search": {
        "yaml": MERGE, "search": {"scales": [1.0, 0.5], "suites": ["support/exam"], "split": "train", "trials": 2},
    },
    "/merges/without": {"version": "support/both@1", "without": ["support/calls@1"]},
    "/merges/extract": {"version": "support/mail@1", "rank": 2, "energy": 0.9, "model": "support/plain"},
    "/merges/bake": {"version": "support/mail@1", "model": "support/whole"},
    "/merges/export": {"version": "platform/base@1", "weights": "q8_0", "model": "support/edge"},
    "/merges/quantize": {"version": "platform/base@1", "format": "int8", "model": "support/small"},
    "/trainings": {"recipe": TRAIN},
    "/trainings/estimate": {"recipe": TRAIN},
    "/distillations": {"recipe": DISTILL},
    "/distillations/estimate": {"recipe": DISTILL},
    "/jobs/{job_id}/clone": {"title": "Again"},
    "/quotas/{department}/{flavour}": {"guarantee": 1, "deserved": 2, "limit": 4, "weight": 1.5},
    "/plans": {"yaml": PLAN},
    "/plans/estimate": {"yaml": PLAN},
    "/plans/{department}/{name}/cancel": BECAUSE,
    "/requests": {
        "department": "support", "title": "Mail", "need": "Sort the mail", "users": 5, "deadline": "2027-01-31",
        "examples": [{"question": "?", "answer": "!"}], "volume_per_day": 40, "languages": ["zh-CN", "en"],
        "data_class": "internal", "floor": 0.8, "budget_once_micro": 10**8, "budget_month_micro": 10**8,
        "present": "support/desk", "today_micro": 10**9, "draft": False,
    },
    "/requests/{number}": {"title": "Mail", "floor": 0.9, "examples": [{"question": "?", "answer": "!"}]},
    "/requests/{number}/withdraw": BECAUSE,
    "/requests/{number}/messages": {"text": "By Monday"},
    "/requests/{number}/accept": {"note": "Well done"},
    "/requests/{number}/give-back": BECAUSE,
    "/requests/{number}/choose": {"option": "reuse"},
    "/requests/{number}/order": {"endpoint": "support/desk"},
    "/approvals": {
        "version": "support/mail@1", "endpoint": "support/desk", "title": "Desk", "need": "Sort the mail", "request": 1,
    },
    "/approvals/{approval_id}/approve": {"digest": "sha256:" + "0" * 64, "reason": "Because"},
    "/approvals/{approval_id}/reject": BECAUSE,
    "/approvals/{approval_id}/request-changes": BECAUSE,
    "/approvals/{approval_id}/renew": {"text": "Because", "version": 1},
    "/approvals/{approval_id}/conversation": {"text": "Why not the other one?"},
    "/endpoints": {"name": "support/counter", "title": "Counter"},
    "/endpoints/{department}/{name}/deploy": {"version": "support/mail@1", "digest": "sha256:" + "0" * 64},
    "/endpoints/{department}/{name}/rollback": BECAUSE,
    "/endpoints/{department}/{name}/stop": BECAUSE,
    "/endpoints/{department}/{name}/capacity": {"runtime": "hf", "replicas": 2, "chip": "cpu"},
    "/endpoints/{department}/{name}/capture": {"days": 30, "agreed": "They were told", "erase": True},
    "/endpoints/{department}/{name}/rollouts": {
        "version": "support/mail@1", "digest": "sha256:" + "0" * 64, "kind": "shadow", "steps": [10, 1000], "share": 5,
        "agreed": "They were told", "window_seconds": 1.5, "patience_seconds": 5, "least": 1, "tolerance": 0.5,
        "slower": 2, "margin": 0.25, "pairs": 5, "automatic": False, "by_request": True, "judge": "support/desk",
        "scoring": None,
    },
    "/endpoints/{department}/{name}/rollouts/{number}/advance": {"weight": 5, "reason": "Because"},
    "/endpoints/{department}/{name}/rollouts/{number}/promote": BECAUSE,
    "/endpoints/{department}/{name}/rollouts/{number}/rollback": BECAUSE,
    "/endpoints/{department}/{name}/rollouts/{number}/pairs/{pair_id}/vote": {"better": "first"},
    "/playground/votes": {"answers": ["chatcmpl-1", "chatcmpl-2"], "better": "chatcmpl-1", "blind": True, "request": 1},
    "/budgets/{kind}/{subject:path}": {"limit_micro": 10**8, "alert_percent": 50, "on_spent": "alert"},
    "/usage/prices": {"sku": "tokens.prompt", "per_million_micro": 5, "valid_from": "2027-01-31T00:00:00Z"},
}  # fmt: skip
"""A good body of every route that takes one, by its path below /api/v1."""


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder by its relative path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@dataclass
class House:
    """A world whose API is called by one person who may do everything."""

    world: World
    app: FastAPI = field(init=False)
    client: TestClient = field(init=False)
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = create_app(self.world.settings, self.world.database, self.world.store, reconcile=False)
        with self.world.database.write() as session:
            sam = auth_queries.get_person(session, "sam")
            for role in (Role.ADMIN, Role.AUDITOR, Role.LEAD):
                auth.give_role(session, SYSTEM, sam, role, None)
        headers = {"Authorization": f"Bearer {self.world.token('sam')}"}
        self.client = TestClient(self.app, raise_server_exceptions=False, headers=headers)

    def furnish(self) -> "House":
        """One of everything: versions, a data set, a suite, an endpoint, a gate, a request, an approval, a job."""
        base = self.world.version("platform/base", kind=Kind.BASE, facts=FACTS)
        for name in ("support/mail", "support/calls"):
            version = self.world.version(name, kind=Kind.ADAPTER, base=base, facts=FACTS)
            self.world.score(version, "support/exam", 0.9)
        self.world.version("support/old", kind=Kind.ADAPTER, base=base, facts=FACTS)
        self._merged(base)
        self._dataset()
        suite = EXAMPLES["/suites"] | {"name": "support/exam"}
        assert self.post("/suites", suite) == 201
        self.ids["gate_id"] = self.made("/gates", EXAMPLES["/gates"] | {"name": "first"})
        assert self.post("/endpoints", {"name": "support/desk", "title": "Desk"}) == 201
        assert self.post("/requests", EXAMPLES["/requests"]) == 201
        self.ids["approval_id"] = self.made("/approvals", EXAMPLES["/approvals"])
        with self.world.database.write() as session:
            old = catalog_queries.get_model(session, "support/old")
            self.ids["request_id"] = str(access.ask(session, self.world.actor("rui"), old, {}).id)
        self.ids["job_id"] = self.made("/trainings", EXAMPLES["/trainings"])
        assert self.post("/plans", {"yaml": PLAN.replace("support/plan,", "support/desk,")}) == 200
        with self.world.database.write() as session:
            catalog_queries.get_version(session, "support/old").job_id = UUID(self.ids["job_id"])
        return self

    def _merged(self, base: Version) -> None:
        """What MERGE makes of its two parents."""
        with self.world.database.read() as session:
            found = [catalog_queries.get_ref(session, f"support/{name}@1") for name in ("mail", "calls")]
        parents = [Parent(each, Relation.MERGE, 0.5) for each in found]
        both = self.world.version("support/both", kind=Kind.ADAPTER, base=base, parents=parents, facts=FACTS)
        with self.world.database.write() as session:
            recipe = {"kind": "Merge", "mergekit": MERGE, "written": MERGE}
            self.world.reload(session, both).record = {"kind": "merge.run", "recipe": recipe}

    def _dataset(self) -> None:
        manifest = self.world.store.put_files({"train.jsonl": LINE, "exam.jsonl": LINE})
        formats = {"train": DatasetFormat.EXAM, "exam": DatasetFormat.EXAM}
        sam = self.world.actor("sam")
        with self.world.database.write() as session:
            dataset = datasets.add_dataset(session, sam, "support/mails", "Mails", DatasetKind.TRAINING)
            datasets.add_version(session, sam, dataset, NewDatasetVersion(manifest, {"train": 1, "exam": 1}, formats))

    def upload(self, path: str, files: dict[str, bytes] | list[tuple[str, bytes]], **fields: str) -> Response:
        """A multipart upload of these files, in this order, to a path below /api/v1."""
        pairs = files.items() if isinstance(files, dict) else files
        parts = [("files", (name, data)) for name, data in pairs]
        return self.client.post(f"/api/v1{path}/versions", files=parts, data=fields)

    def hire(self, name: str, folder: Path, base: str | None = None) -> str:
        """File a folder as a version of the model `name`, which is opened; gives the ref."""
        assert self.post("/models", {"name": name, "title": name}) == 201
        answer = self.upload(f"/models/{name}", contents(folder), **({"base": base} if base else {}))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["ref"])

    def state(self) -> tuple[dict[str, int], set[str], list[str]]:
        """All that a refused request may not change: rows, blobs, files on their way."""
        return self.rows(), self.blobs(), self.leftovers()

    def post(self, path: str, body: Any) -> int:
        """The status of a POST below /api/v1."""
        return int(self.client.post(f"/api/v1{path}", json=body).status_code)

    def made(self, path: str, body: Any) -> str:
        """The id of what a POST made."""
        answer = self.client.post(f"/api/v1{path}", json=body)
        assert answer.status_code in (201, 202), answer.text
        return str(answer.json()["id"])

    def rows(self) -> dict[str, int]:
        """How many rows every table has, sessions and touched tokens aside."""
        with self.world.database.read() as session:
            connection = session.connection()
            return {
                name: int(connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one())
                for name in Base.metadata.tables
            }

    def blobs(self) -> set[str]:
        """What the store holds."""
        return set(self.world.store.backend.digests())

    def leftovers(self) -> list[str]:
        """Files that a request may not leave behind."""
        home = self.world.settings.home
        folders = (home / "uploads", home / "scratch", self.world.settings.store_folder() / "tmp")
        return [str(path) for folder in folders if folder.is_dir() for path in folder.iterdir()]
