"""Engines on the nodes of a Ray cluster: submitted, found again after a restart, given their units, stopped.

An engine's keeper (aird.deploy.node) is a job of the cluster. It reads from its row in `engines` which units it is to
have on disk, and writes there where it listens and what it has fetched; the reconciler then speaks with the engine as
with any other, over TCP and with AIRD_ENGINE_KEY. No secret travels with the submission: a node has settings of its
own. The reconciler places, Ray starts; replicas, routes and reconciling are ours.
"""

import logging
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import func, select

from aird.core.db import Database
from aird.core.settings import Settings
from aird.deploy import notes
from aird.deploy.errors import EngineLost
from aird.deploy.fleet import Place
from aird.deploy.models import Engine
from aird.deploy.placement import CPU
from aird.jobs.executors.ray import AT, ENDED, GPU, KILL_AFTER, connect
from aird.jobs.house import Seat

log = logging.getLogger(__name__)

STARTING = "The node prepares its engine."
REFUSED = "!"
"""Begins what a keeper writes in the place of a folder when it cannot fetch a unit."""


@dataclass
class Remote:
    """The cluster's engines. Raises ExecutorNotUsable when the settings do not fit, or it asks for no token."""

    settings: Settings
    database: Database
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._client = connect(self.settings, guarded=True)

    def close(self) -> None:
        """Leave the engines where they are."""
        self._client.close()

    def find(self, place: Place) -> tuple[str, str | None]:
        """(what its engine waits for, its address): ("", None) when there is none. Raises AirdError."""
        with self.database.read() as session:
            row = _row(session, place)
            submission, address = (row.submission, row.address) if row is not None else ("", None)
        if not submission:
            return "", None
        ended = self._ended(submission)
        if ended is None:
            return ("", address) if address else (STARTING, None)
        self._clear(place)
        raise EngineLost(ended)

    def _ended(self, submission: str) -> str | None:
        """How the job ended; None while it is there."""
        answer = self._client.get(f"/api/jobs/{submission}")
        if answer.status_code == 404:
            return "The cluster does not know its engine any more."
        job = answer.raise_for_status().json()
        if job["status"] not in ENDED:
            return None
        said = str(job.get("message") or "").strip().splitlines()
        last = said[-1] if said else ""
        return f"The engine's keeper on the cluster has ended ({job['status'].lower()}). {last}".strip()

    def submit(self, place: Place, seats: tuple[Seat, ...]) -> None:
        """Have the cluster start a keeper, on the node of its seat or where the fewest engines are."""
        submission = f"aird-engine-{uuid4().hex[:16]}"
        with self.database.write() as session:
            row = notes.engine_row(session, place)
            row.submission, row.address, row.pid, row.fetched, row.host = submission, None, None, {}, ""
            engine_id = row.id
            elsewhere = select(Engine.host, func.count().label("engines")).where(
                Engine.submission != "", Engine.id != engine_id
            )
            busy = {each.host: int(each.engines) for each in session.execute(elsewhere.group_by(Engine.host))}
        node = seats[0].machine.rpartition(AT)[2] if place[0].chip != CPU else self._emptiest(busy)
        with self.database.write() as session:
            notes.engine_row(session, place).host = node
        command = [self.settings.ray_python or sys.executable, "-m", "aird.deploy.node", str(engine_id), submission]
        body = {
            "submission_id": submission,
            "entrypoint": "exec " + shlex.join(command),
            "entrypoint_num_cpus": self.settings.runtime_threads,
            "metadata": {"aird": "engine"},
            "runtime_env": {"env_vars": {"RAY_JOB_STOP_WAIT_TIME_S": str(KILL_AFTER + 5)}},
            **self._where(place, seats, node),
        }
        answer = self._client.post("/api/jobs/", json=body)
        if not answer.is_success:
            self._clear(place)
            raise EngineLost(f"Ray refused the engine: {answer.text[-300:]}")

    def _where(self, place: Place, seats: tuple[Seat, ...], node: str) -> dict[str, Any]:
        asked: dict[str, Any] = {"entrypoint_label_selector": {"ray.io/node-id": node}}
        if place[0].chip.startswith(GPU):
            asked["entrypoint_num_gpus"] = len(seats[0].chips)
        elif place[0].chip != CPU:
            asked["entrypoint_resources"] = {place[0].chip: float(len(seats[0].chips))}
        return asked

    def _emptiest(self, busy: Mapping[str, int]) -> str:
        """The node with the fewest of our engines."""
        answer = self._client.get("/api/v0/nodes?detail=1").raise_for_status().json()
        nodes = [each for each in answer["data"]["result"]["result"] if each["state"] == "ALIVE"]
        free = [each for each in nodes if each["resources_total"].get("CPU", 0) >= self.settings.runtime_threads]
        if not free:
            raise EngineLost("No node of the cluster has as many CPUs as AIRD_RUNTIME_THREADS says.")
        best = min(
            free, key=lambda each: (busy.get(each["node_id"], 0), bool(each.get("is_head_node")), each["node_id"])
        )
        return str(best["node_id"])

    def give(
        self, place: Place, units: tuple[str, ...], refuse: Callable[[object, str], None]
    ) -> Callable[[str], Path | None]:
        """Have the node fetch these units; returns where they are there, as far as they are.

        `refuse` is told of a unit that the node cannot fetch.
        """
        wanted = sorted(units)
        with self.database.read() as session:
            row = _row(session, place)
            same, fetched = (row is not None and row.wanted == wanted), dict(row.fetched) if row else {}
        if not same:
            with self.database.write() as session:
                notes.engine_row(session, place).wanted = wanted

        def folder(unit: str) -> Path | None:
            found = fetched.get(unit)
            if isinstance(found, str) and found.startswith(REFUSED):
                refuse(unit, found.removeprefix(REFUSED))
                return None
            return Path(found) if found else None

        return folder

    def stop(self, place: Place) -> None:
        """End the engine and its keeper."""
        with self.database.read() as session:
            row = _row(session, place)
            submission = row.submission if row is not None else ""
        try:
            if submission:
                self._client.post(f"/api/jobs/{submission}/stop")
        except httpx.HTTPError as error:
            log.warning("The engine %s is not stopped by the cluster, but ends by itself: %s", submission, error)
        self._clear(place)

    def _clear(self, place: Place) -> None:
        with self.database.write() as session:
            row = notes.engine_row(session, place)
            row.submission, row.address, row.fetched, row.wanted = "", None, {}, []

    def left(self) -> list[Place]:
        """Places whose engines were left on the cluster by an earlier run."""
        with self.database.read() as session:
            return [notes.place_of(row) for row in session.scalars(select(Engine).where(Engine.submission != ""))]


def _row(session: Any, place: Place) -> Engine | None:
    pool, number = place
    found: Engine | None = session.scalar(
        select(Engine).where(
            Engine.base == pool.base, Engine.runtime == pool.runtime, Engine.chip == pool.chip, Engine.number == number
        )
    )
    return found
