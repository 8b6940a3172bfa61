"""A house with data sets: one that leaks, one to import into, an exam, and a deployed merge that learnt."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aird.auth import queries as auth_queries
from aird.catalog.models import DatasetUse, Kind, Relation
from aird.catalog.service import Parent
from aird.datasets import queries, reports, service
from aird.datasets.models import DatasetKind
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat
from aird.deploy.models import Action, Deployment, Endpoint
from aird.jobs import inline, registry
from aird.testing import World
from tests.datasets.conftest import jsonl
from tests.e2e.catalog_house import serve

SENTENCE = "How do I reset the password of the shared account number {} of this house, please, and who may do so?"
QUESTION = "How do I reset the password of account {}, please? I asked everybody in this house, and nobody could tell."


def chat(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def asked(number: int, question: str = "Where does mail {} go?") -> dict[str, Any]:
    messages = [{"role": "user", "content": question.format(number)}]
    return {
        "id": f"q{number}",
        "messages": messages,
        "choices": ["accounts", "orders", "returns"],
        "answer": number % 3,
    }


LEAKY = [
    *(chat(QUESTION.format(n), "accounts") for n in range(6)),
    chat(QUESTION.format(0), "accounts"),
    chat("Where does mail 1 go?", "orders"),
    chat("Write to anna@example.com or call 13800138000", "orders"),
    *(chat(f"我的第{n}个订单什么时候到?谢谢您的帮助。", "orders") for n in range(4)),
]

NEAR = [
    *(chat(SENTENCE.format(n) + " ok", "accounts") for n in range(12)),
    *(chat(f"Which of the {n} printers on floor {n * 7} prints in colour?", "orders") for n in range(12)),
]


@dataclass
class DatasetsHouse:
    """The server's address, and hands for the jobs that are ordered in the browser."""

    world: World
    url: str
    hands: ThreadPoolExecutor

    def work(self) -> None:
        """Do every job that waits."""
        self.hands.submit(self._work).result(120)

    def _work(self) -> None:
        registry.load(["aird.datasets.tasks"])
        while (job := inline.run_next(self.world.database, self.world.store, self.world.settings)) is not None:
            assert (job.state, job.error_message) == ("succeeded", None)


@contextmanager
def datasets_house(world: World) -> Iterator[DatasetsHouse]:
    """Furnish the world, serve it, give it."""
    exam = _dataset(world, "support/school", DatasetKind.EXAM, exam=[asked(n) for n in range(6)])
    mails = _dataset(world, "support/mails", DatasetKind.TRAINING, train=LEAKY)
    _dataset(world, "support/parcels", DatasetKind.TRAINING)
    accounts = _dataset(world, "support/accounts", DatasetKind.EXAM, exam=[asked(n, SENTENCE) for n in range(20)])
    letters = _dataset(world, "support/letters", DatasetKind.TRAINING, train=NEAR, more=NEAR)
    replies = _dataset(world, "support/replies", DatasetKind.TRAINING, train=NEAR)
    with world.database.write() as session:
        service.hold_out(session, queries.get_ref(session, exam), "exam", "support/desk-exam")
        service.hold_out(session, queries.get_ref(session, accounts), "exam", "support/accounts-exam")
        digest = queries.get_ref(session, mails).artifact
        for each in (mails, letters, replies):
            reports.order(session, world.actor("sam"), queries.get_ref(session, each))
    _deployed(world, digest)
    with serve(world) as url, ThreadPoolExecutor(1) as hands:
        house = DatasetsHouse(world, url, hands)
        house.work()
        yield house


def _dataset(world: World, name: str, kind: DatasetKind, **splits: list[dict[str, Any]]) -> str:
    new = None
    if splits:
        manifest = world.store.put_files({f"{split}.jsonl": jsonl(items) for split, items in splits.items()})
        formats = {split: DatasetFormat.EXAM if split == "exam" else DatasetFormat.CHAT for split in splits}
        new = NewDatasetVersion(manifest, {split: len(items) for split, items in splits.items()}, formats)
    with world.database.write() as session:
        sam = world.actor("sam")
        dataset = service.add_dataset(session, sam, name, name.partition("/")[2].title(), kind)
        return service.add_version(session, sam, dataset, new)[0].ref if new else name


def _deployed(world: World, digest: str) -> None:
    """A merge on an endpoint, one of whose parents learnt from the leaky set."""
    base = world.version("platform/base", kind=Kind.BASE)
    mail, calls = (world.version(f"support/{name}", kind=Kind.ADAPTER, base=base) for name in ("mail", "calls"))
    parents = [Parent(mail, Relation.MERGE, 0.5), Parent(calls, Relation.MERGE, 0.5)]
    both = world.version("support/both", kind=Kind.ADAPTER, base=base, parents=parents)
    with world.database.write() as session:
        session.add(DatasetUse(version_id=mail.id, digest=digest, ref="support/mails@1"))
        department = auth_queries.get_department(session, "support").id
        endpoint = Endpoint(name="support/desk", department_id=department, title="Desk", created_by=None)
        session.add(endpoint)
        session.flush()
        version = world.reload(session, both)
        deployment = Deployment(
            endpoint_id=endpoint.id, number=1, version=version, digest=version.artifact, action=Action.PROMOTED,
            created_by=None,
        )  # fmt: skip
        session.add(deployment)
        endpoint.latest_number = endpoint.current_number = 1
