"""Attempts as Ray jobs: submits them to a cluster, asks how they are, stops them. Ray keeps no ledger of ours.

It speaks the cluster's REST API (the dashboard's port, https://docs.ray.io/en/latest/cluster/running-applications/
job-submission/rest.html) and always with a token: whoever may submit a job may run anything on the cluster. An attempt
runs on one of its nodes, where aird is installed with its own settings, and tells the database itself what it does
(remote.py); no secret travels with the submission. Chips are custom resources of the nodes, named by their flavour.

One thread talks to the cluster, so that a slow or lost one never keeps a worker from extending its leases.
"""

import contextlib
import logging
import queue
import re
import shlex
import sys
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from aird.core.settings import Settings
from aird.jobs.errors import ExecutorNotUsable
from aird.jobs.house import Seat
from aird.jobs.leases import Key
from aird.jobs.machines import Chip, Offer
from aird.jobs.messages import Exited, Log, Message, log_line

log = logging.getLogger(__name__)

POLL = 1.0  # seconds between two looks at the cluster
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LOST_AFTER = 120.0  # seconds without an answer of the cluster, after which its attempts are given up
KILL_AFTER = 3  # seconds between SIGTERM and SIGKILL, said to Ray with every submission
LAST_WORDS = 15.0  # seconds that an attempt has to say why it ends, when another of its machines is lost
SUSPECT_SECONDS = 60.0  # that a node is offered to nobody after an attempt died with it; Ray takes as long to be sure
LOST = ("supervisor actor died", "could not be scheduled")  # Ray of a job whose node is not there any more
LAST_LINES = 20  # of Ray's own log of a job that failed to start
FLAVOUR = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # Ray's own resources are called CPU, GPU, node:...
GPU = "gpu-"  # how a flavour begins that Ray found by itself: gpu-h100
AT = " "  # between a node's name and its id
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED"})


@dataclass
class _Attempt:
    seats: Sequence[Seat]
    submitted: bool = False
    stop: bool = False
    stopped: bool = False
    alone_since: float | None = None  # when another of its machines was found to be lost

    @property
    def others(self) -> range:
        """The numbers of the seats on further machines."""
        return range(1, len(self.seats))


@dataclass
class _Cluster:
    """What the talking thread knows."""

    answered: float = float("-inf")
    offers: tuple[Offer, ...] = ()
    fault: str = ""
    suspects: dict[str, float] = field(default_factory=dict)  # machine -> until when nothing is given to it


@dataclass
class RayExecutor:
    """Runs attempts on a Ray cluster. Raises ExecutorNotUsable when the settings do not fit."""

    settings: Settings
    modules: Sequence[str]
    _attempts: dict[Key, _Attempt] = field(default_factory=dict)
    _found: "queue.Queue[tuple[Key, Message]]" = field(default_factory=queue.Queue)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _wake: threading.Event = field(default_factory=threading.Event)
    _closed: threading.Event = field(default_factory=threading.Event)
    _cluster: _Cluster = field(default_factory=_Cluster)

    def __post_init__(self) -> None:
        self._client = connect(self.settings)
        self._thread = threading.Thread(target=self._talk, name="ray", daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether the cluster has answered lately."""
        return time.monotonic() - self._cluster.answered < 10 * POLL

    def offers(self) -> tuple[Offer, ...]:
        """The machines that the cluster had when it last answered, but for those with which an attempt just died."""
        moment = time.monotonic()
        return tuple(each for each in self._cluster.offers if self._cluster.suspects.get(each.name, 0.0) < moment)

    def running(self) -> Collection[Key]:
        """The attempts that have not exited."""
        with self._turn:
            return list(self._attempts)

    def start(self, key: Key, seats: Sequence[Seat] = ()) -> None:
        """Submit this attempt to the node of its first seat, if it has one, and what assists it to the others."""
        with self._turn:
            self._attempts[key] = _Attempt(seats)
        self._wake.set()

    def poll(self, timeout: float) -> list[tuple[Key, Message]]:
        """What was heard within `timeout` seconds."""
        found: list[tuple[Key, Message]] = []
        try:
            found.append(self._found.get(timeout=timeout))
            while True:
                found.append(self._found.get_nowait())
        except queue.Empty:
            return found

    def flushed(self, key: Key) -> None:
        """Nothing to answer: an attempt records by itself what it says."""

    def stop(self, key: Key) -> None:
        """Have Ray send SIGTERM, and SIGKILL after the grace period."""
        with self._turn:
            if key in self._attempts:
                self._attempts[key].stop = True
        self._wake.set()

    def kill(self, key: Key) -> None:
        """The same: Ray knows no harder way, and the attempt ends itself when it has lost its lease."""
        self.stop(key)

    def close(self) -> None:
        """Stop everything that still runs, and the talking."""
        for key in self.running():
            self.stop(key)
        until = time.monotonic() + KILL_AFTER + 5
        while self.ready and self.running() and time.monotonic() < until:
            time.sleep(0.1)
        self._closed.set()
        self._wake.set()
        self._thread.join(TIMEOUT.read or 10)
        self._client.close()

    def _talk(self) -> None:
        began = time.monotonic()
        while not self._closed.is_set():
            self._wake.clear()
            try:
                self._look()
                self._cluster.answered, self._cluster.fault = time.monotonic(), ""
            except (httpx.HTTPError, ValueError, KeyError) as error:
                self._complain(str(error) or type(error).__name__)
                if time.monotonic() - max(self._cluster.answered, began) > LOST_AFTER:
                    for key in self.running():
                        self._ended(key, Exited())
            self._wake.wait(POLL)

    def _complain(self, fault: str) -> None:
        if fault != self._cluster.fault:
            log.error("the Ray cluster at %s does not answer: %s", self._client.base_url, fault)
        self._cluster.fault = fault

    def _look(self) -> None:
        for key in self.running():
            attempt = self._attempts[key]
            if attempt.stop and not attempt.submitted:
                self._ended(key, Exited(signal=15))
            elif not attempt.submitted:
                self._submit(key, attempt)
            elif attempt.stop and not attempt.stopped:
                for seat in (0, *attempt.others):
                    self._client.post(f"/api/jobs/{_name(key, seat)}/stop").raise_for_status()
                attempt.stopped = True
            else:
                self._ask(key)
        nodes = self._client.get("/api/v0/nodes?detail=1").raise_for_status().json()
        self._cluster.offers = offers_of(nodes["data"]["result"]["result"], self.settings.job_threads)

    def _submit(self, key: Key, attempt: _Attempt) -> None:
        for seat in (0, *attempt.others):
            command = [
                self.settings.ray_python or sys.executable, "-m", "aird.jobs.executors.remote",
                str(key[0]), str(key[1]), str(seat), *self.modules,
            ]  # fmt: skip
            body = {
                "submission_id": _name(key, seat),
                "entrypoint": "exec " + shlex.join(command),
                "entrypoint_num_cpus": self.settings.job_threads,
                "metadata": {"aird": "attempt"},
                **_place(attempt.seats[seat:]),
                "runtime_env": {"env_vars": {"RAY_JOB_STOP_WAIT_TIME_S": str(KILL_AFTER)}},
            }
            answer = self._client.post("/api/jobs/", json=body)
            known = answer.is_server_error and "already exists" in answer.text  # its first answer was lost
            if answer.status_code in (401, 403):
                raise ValueError("the token is not the cluster's; set AIRD_RAY_TOKEN to what RAY_AUTH_TOKEN is there")
            if not known and not answer.is_success:
                self._found.put((key, log_line(f"Ray refused the job: {answer.text[-500:]}", "stderr")))
                self._ended(key, Exited(code=70))
                return
        attempt.submitted = True

    def _ask(self, key: Key) -> None:
        attempt = self._attempts[key]
        job = self._job(key)
        if job is None:  # the cluster was started anew
            self._ended(key, Exited())
        elif job["status"] not in ENDED:
            self._ask_others(key, attempt)
        elif job["status"] == "STOPPED":
            self._ended(key, Exited(signal=15))
        else:
            code = job.get("driver_exit_code")
            if job["status"] == "FAILED" and code is None:
                self._quote(key, job)
                self._suspect(attempt, 0, job)
            self._ended(key, _exit(code))

    def _ask_others(self, key: Key, attempt: _Attempt) -> None:
        """An attempt that has lost one of its machines ends, at the latest after its last words."""
        for seat in attempt.others if attempt.alone_since is None else ():
            job = self._job(key, seat)
            if job is None or job["status"] in ("FAILED", "STOPPED"):
                attempt.alone_since = time.monotonic()
                self._found.put((key, Log(f"{attempt.seats[seat].machine} works on it no more.", "stderr")))
                if job is not None:
                    self._quote(key, job)
                    self._suspect(attempt, seat, job)
        if attempt.alone_since is not None and time.monotonic() - attempt.alone_since > LAST_WORDS:
            self._client.post(f"/api/jobs/{_name(key)}/stop").raise_for_status()
            self._ended(key, Exited())

    def _job(self, key: Key, seat: int = 0) -> Mapping[str, Any] | None:
        answer = self._client.get(f"/api/jobs/{_name(key, seat)}")
        if answer.status_code == 404:
            return None
        found: Mapping[str, Any] = answer.raise_for_status().json()
        return found

    def _quote(self, key: Key, job: Mapping[str, Any]) -> None:
        for line in (job.get("message") or "").splitlines()[-LAST_LINES:]:
            self._found.put((key, Log(line, "stderr")))

    def _suspect(self, attempt: _Attempt, seat: int, job: Mapping[str, Any]) -> None:
        if seat < len(attempt.seats) and any(words in (job.get("message") or "") for words in LOST):
            self._cluster.suspects[attempt.seats[seat].machine] = time.monotonic() + SUSPECT_SECONDS

    def _ended(self, key: Key, exited: Exited) -> None:
        with self._turn:
            attempt = self._attempts.pop(key, None)
            if attempt is None:
                return
        for seat in attempt.others:  # those that hear nothing of it end when they see that the job is no more theirs
            with contextlib.suppress(httpx.HTTPError):
                self._client.post(f"/api/jobs/{_name(key, seat)}/stop")
        self._found.put((key, exited))


def connect(settings: Settings, *, guarded: bool = False) -> httpx.Client:
    """A client of the cluster's REST API. Raises ExecutorNotUsable when the settings do not fit.

    With `guarded` also when the cluster answers without a token; one that does not answer at all may do so later.
    """
    client = httpx.Client(base_url=_address(settings), headers=_token(settings), timeout=TIMEOUT)
    if guarded:
        try:
            answer = httpx.get(f"{settings.ray_address}/api/jobs/", timeout=TIMEOUT)
        except httpx.TransportError as error:
            log.warning("the Ray cluster at %s does not answer yet: %s", settings.ray_address, error)
            return client
        if answer.status_code not in (401, 403):
            client.close()
            raise ExecutorNotUsable(
                f"The Ray cluster at {settings.ray_address} answers without a token: anybody on its network can run "
                "anything there. Start Ray with RAY_AUTH_MODE=token and RAY_AUTH_TOKEN."
            )
    return client


def _exit(code: int | None) -> Exited:
    """A driver's exit status: negative or above 128 for a signal, as a shell tells it."""
    if code is None:
        return Exited()
    if code < 0:
        return Exited(signal=-code)
    return Exited(signal=code - 128) if code > 128 else Exited(code=code)


def _name(key: Key, seat: int = 0) -> str:
    return f"aird-{key[0]}-{key[1]}" + (f"-on-{seat}" if seat else "")


def key_of(name: str) -> Key | None:
    """The attempt that a submission belongs to, None when it is not one of ours."""
    head, _, attempt = name.removeprefix("aird-").rpartition("-")
    try:
        return (UUID(head), int(attempt)) if name.startswith("aird-") else None
    except ValueError:
        return None


def offers_of(nodes: Iterable[Mapping[str, Any]], threads: int) -> tuple[Offer, ...]:
    """What the nodes of the cluster offer: slots of `threads` CPUs, host memory, chips."""
    found = []
    for node in nodes:
        if node["state"] != "ALIVE":
            continue
        own = node["resources_total"]
        chips = [Chip(name, index) for name, amount in sorted(_chips(own).items()) for index in range(int(amount))]
        name = f"{node['node_name']}{AT}{node['node_id']}"
        found.append(Offer(name, int(own.get("CPU", 0)) // threads, int(own.get("memory", 0)), tuple(chips)))
    return tuple(found)


def _chips(own: Mapping[str, float]) -> dict[str, float]:
    """By flavour: the node's custom resources, and what Ray itself found and calls GPU."""
    found = {
        name: amount for name, amount in own.items()
        if FLAVOUR.fullmatch(name) and name not in ("memory", "object_store_memory")
    }  # fmt: skip
    if own.get("GPU"):
        types = [name.partition(":")[2].lower() for name in own if name.startswith("accelerator_type:")]
        found[f"{GPU}{types[0] if types else 'chip'}"] = own["GPU"]
    return found


def _place(seats: Sequence[Seat]) -> dict[str, Any]:
    """Where Ray is to run a job with these seats."""
    if not seats:
        return {}
    first = seats[0]
    placed: dict[str, Any] = {"entrypoint_label_selector": {"ray.io/node-id": first.machine.rpartition(AT)[2]}}
    if first.chips and first.flavour.startswith(GPU):
        placed["entrypoint_num_gpus"] = len(first.chips)
    elif first.chips:
        placed["entrypoint_resources"] = {first.flavour: float(len(first.chips))}
    return placed


def _address(settings: Settings) -> str:
    if settings.embedded:
        raise ExecutorNotUsable(
            "The executor `ray` needs a database that every node reaches: set AIRD_DATABASE_URL to PostgreSQL, and a "
            "store on S3 or on a shared folder."
        )
    if not settings.ray_address.startswith(("http://", "https://")):
        raise ExecutorNotUsable(
            "The executor `ray` needs AIRD_RAY_ADDRESS, the address of the cluster's dashboard, for example "
            "http://head:8265."
        )
    return settings.ray_address


def _token(settings: Settings) -> dict[str, str]:
    token = settings.ray_token.get_secret_value() if settings.ray_token else ""
    if not token:
        raise ExecutorNotUsable(
            "The executor `ray` needs AIRD_RAY_TOKEN: a cluster without a token lets anybody on the network run "
            "anything. Start Ray with RAY_AUTH_MODE=token and RAY_AUTH_TOKEN, and give the same token here."
        )
    return {"authorization": f"Bearer {token}"}
