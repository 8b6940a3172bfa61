"""One organisation for whole journeys, with something on every page, and with names that no page may trip over."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from aird.approval import service as approvals
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Version
from aird.deploy import service as deploy
from aird.deploy.delivery import service as delivery
from aird.deploy.delivery.schemas import RolloutStart
from aird.evaluation import service as evaluation
from aird.evaluation.gates import Measure
from aird.evaluation.models import Run
from aird.evaluation.schemas import GateRule
from aird.jobs import inline, registry
from aird.jobs.messages import Log
from aird.jobs.models import Job
from aird.merge import service as merge
from aird.merge.schemas import MergeBody
from aird.metering import budgets
from aird.metering import service as metering
from aird.metering.models import BudgetKind, OnSpent, Status
from aird.planning import service as planning
from aird.requests import service as requests
from aird.requests.lifecycle import RequestState
from aird.requests.schemas import Example
from aird.testing import World
from aird.worker import TASK_MODULES
from tests.deploy.conftest import move
from tests.e2e.catalog_house import serve
from tests.e2e.rotation_house import RECIPE
from tests.e2e.studio_house import StudioHouse, learnt
from tests.evaluation.conftest import School
from tests.evaluation.test_pairing import sit
from tests.tiny import CHATS, PROMPTS, QUESTIONS, Workshop

SCRIPT = "<script>window.caught='script'</script>"
IMAGE = '"><img src=x onerror="window.caught=\'image\'">'
RIGHT_TO_LEFT = "مساعد البريد \u202eexe.txt"
EMOJI = "🧑🏽‍💻🏳️‍🌈 Ｗｉｄｅ 助手"
LONG = "Unterlassungserklärungs" * 5
NEED = "Answer mail.\n\n<iframe src=https://evil.example></iframe> [press](javascript:window.caught='link')"
PLAN = """apiVersion: aird/v1
kind: Plan
metadata: {{name: support/growth, title: {title}}}
spec:
  stages:
    mail:
      train:
        model: support/grown
        base: platform/tiny@1
        datasets: [support/mails@1]
        settings: {{steps: 5}}
"""
"""Its training waits for a worker that never comes."""


@dataclass
class JourneysHouse(StudioHouse):
    """The server's address and what was put in."""

    found: dict[str, str] = field(default_factory=dict)
    """What addresses need: the ids of a job, a run, an approval, a request's number."""
    server: ExitStack = field(default_factory=ExitStack)

    def stop(self) -> None:
        """The server ends; nobody answers at its address."""
        self.server.close()

    def start(self) -> None:
        """A server answers, at the address where one did before."""
        port = int(self.url.rpartition(":")[2]) if self.url else 0
        self.url = self.server.enter_context(serve(self.world, port))

    def work(self, kind: str) -> Job:
        """Do what waits until a job of this kind is done, however the others end."""
        return self.hands.submit(self._done, kind).result(240)

    def _done(self, kind: str) -> Job:
        registry.load(TASK_MODULES)
        for _ in range(30):
            job = inline.run_next(self.world.database, self.world.store, self.world.settings)
            assert job is not None, f"no {kind} was ordered"
            if job.kind == kind:
                assert job.state == "succeeded", job.error_message
                return job
        raise AssertionError(f"no {kind} among thirty jobs")


@contextmanager
def journeys_house(world: World, tiny: Mapping[str, Path]) -> Iterator[JourneysHouse]:
    """Furnish the world, serve it, give it."""
    people(world)
    workshop = Workshop(world, tiny)
    with ThreadPoolExecutor(1) as hands, ExitStack() as server:
        house = JourneysHouse(workshop, "", hands, server=server)
        furnish(house)
        house.start()
        yield house


def people(world: World) -> None:
    """rita signs beside sam; everybody can sign in; a department and a person with names of their own."""
    with world.database.write() as session:
        rita = auth.add_person(session, SYSTEM, "rita", "Rita")
        auth.give_role(session, SYSTEM, rita, Role.STAFF, None)
        legal = auth.add_department(session, SYSTEM, "legal", f"{RIGHT_TO_LEFT} {SCRIPT}")
        for username, name in (("vera", f"{EMOJI} {IMAGE}"), ("long", LONG), ("rtl", RIGHT_TO_LEFT)):
            person = auth.add_person(session, SYSTEM, username, name)
            auth.give_role(session, SYSTEM, person, Role.LEAD, legal)
    for username in ("lin", "omar", "rita", "noor", "ada"):
        world.set_password(username)


def furnish(house: JourneysHouse) -> None:
    """Something for every page."""
    world, workshop = house.world, house.workshop
    base = workshop.model("platform/tiny", "base")
    mail = workshop.model("support/mail", "one", base=base)
    leave = workshop.model("hr/leave", "two", base=base)
    for name, title in (("one", f"{RIGHT_TO_LEFT} {EMOJI}"), ("two", f"{SCRIPT}{IMAGE}"), ("three", LONG)):
        with world.database.write() as session:
            catalog_queries.get_model(session, world.version(f"legal/{name}").model.name).title = title
    exams(house, [mail, leave])
    workshop.dataset("support/mails", train=CHATS, unlabelled=PROMPTS)
    jobs(house)
    service(house, mail, workshop.model("support/second", "two", base=base))
    asked(house, base)


def exams(house: JourneysHouse, versions: list[Version]) -> None:
    """Two exams, sat item by item, and a gate."""
    world, school = house.world, School(house.world)
    dev = [{**each, "id": f"d{each['id']}"} for each in QUESTIONS]
    suites = [house.workshop.suite(name, exam=QUESTIONS, dev=dev) for name in ("support/exam", "hr/exam")]
    for version, shares in zip(versions, ((10, 3), (4, 9)), strict=True):
        for suite, right in zip(suites, shares, strict=True):
            sit(school, version, suite, [n < right for n in range(12)])
    rules = [GateRule(suite="support/exam", measure=Measure.SCORE, at_least=0.0)]
    with world.database.write() as session:
        support = auth_queries.get_department(session, "support")
        evaluation.add_gate(session, SYSTEM, support, "basics", rules)
        suites[0].title = f"{RIGHT_TO_LEFT} {SCRIPT}"
        session.merge(suites[0])
        house.found["run"] = str(session.scalars(select(Run.id)).first())


def jobs(house: JourneysHouse) -> None:
    """A merge that is done, a training that runs, a plan whose training waits."""
    world, sam = house.world, house.world.actor("sam")
    with world.database.write() as session:
        merge.order_merge(session, sam, MergeBody(yaml=RECIPE, model="platform/both"))
    house.work("merge.run")
    running = house.order(f"{LONG} {SCRIPT}")
    house.begin(running)
    house.say(running, learnt(1, 3.0), learnt(20, 1.5), Log(f"{RIGHT_TO_LEFT} {IMAGE}"), Log("x" * 3000))
    house.found["job"] = str(running)
    with world.database.write() as session:
        text = PLAN.format(title=json.dumps(f"{LONG[:90]} {EMOJI}", ensure_ascii=False))
        planning.apply(session, world.store, sam, text)


def service(house: JourneysHouse, mail: Version, second: Version) -> None:
    """An endpoint whose version answers, another on trial, answers in the ledger, a budget."""
    world, sam = house.world, house.world.actor("sam")
    with world.database.write() as session:
        endpoint = deploy.create_endpoint(session, sam, "support/desk", f"{EMOJI} {SCRIPT}")
        for version in (mail, second):
            cleared(session, version, endpoint.name)
        deploy.deploy(session, sam, endpoint, world.reload(session, mail))
        metering.record_answers(session, answers(endpoint.department_id, mail))
        budgets.set_budget(
            session, SYSTEM, BudgetKind.DEPARTMENT, "support",
            limit_micro=10**6, alert_percent=80, on_spent=OnSpent.ALERT,
        )  # fmt: skip
        trial = RolloutStart(version=second.ref)
        delivery.start(session, sam, endpoint, world.reload(session, second), trial)


def cleared(session: Any, version: Version, endpoint: str) -> None:
    """Approved for the endpoint, as if people had signed."""
    measured = catalog_queries.version_by_id(session, version.id).state is VersionState.CANDIDATE
    ways = [VersionState.APPROVED] if measured else [VersionState.CANDIDATE, VersionState.APPROVED]
    found = move(session, version, *ways)
    catalog.clear(session, found, endpoint=endpoint, approval_id=uuid4())


def answers(department: UUID, version: Version) -> list[metering.Answer]:
    """A morning of answers."""
    return [
        metering.Answer(
            request_id=str(uuid4()), department_id=department, endpoint="support/desk", unit=version.artifact,
            version=version.ref, token_id=None, person_id=None, prompt_tokens=5000, completion_tokens=700,
            status=Status.OK, milliseconds=120, ttft_milliseconds=50, finish_reason="stop",
        )
        for _ in range(20)
    ]  # fmt: skip


def asked(house: JourneysHouse, base: Version) -> None:
    """A need in words, and a version that waits for a signature."""
    world, lin = house.world, house.world.actor("lin")
    third = house.workshop.model("support/third", "three", base=base)
    world.score(third, "support/exam", 0.7)
    with world.database.write() as session:
        support = auth_queries.get_department(session, "support")
        requests.file(
            session, lin, support, title=f"{IMAGE} {EMOJI} {RIGHT_TO_LEFT}"[:128], need=NEED,
            examples=[Example(question=SCRIPT, answer=LONG * 3)], state=RequestState.OPEN,
        )  # fmt: skip
        found = world.reload(session, third)
        text = f"{SCRIPT} {LONG} {RIGHT_TO_LEFT}"
        approval = approvals.ask(session, world.store, lin, found, "support/desk", f"{EMOJI} {LONG}"[:128], text)
        house.found["approval"] = str(approval.id)
        house.found["request"] = "1"
