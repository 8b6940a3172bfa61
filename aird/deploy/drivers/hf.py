"""Our own worker over transformers and peft (aird.runtimes.server), as a child on a Unix socket."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import aird
from aird.deploy import memory
from aird.deploy.children import Child, choose_socket, environment
from aird.deploy.drivers.base import Caps, Instance, Metrics, Reason, Spec, Status
from aird.deploy.drivers.client import UNIX, EngineClient
from aird.deploy.drivers.reading import normalised
from aird.deploy.memory import Bytes
from aird.deploy.placement import CPU, RuntimeKind

COMMAND = (sys.executable, "-m", "aird.runtimes.server")
PROCESS_BYTES = 600 * 2**20
"""A process that has imported torch and transformers, without any weights (measured: 0.55 GB)."""
ROWS, LONGEST_ROW = 8, 4096
"""Answers at a time, and tokens of each, for which an engine has a KV cache; fewer of them when they are longer."""
LEAST_CACHE = 64 * 2**20


@dataclass
class HfRuntime:
    """Starts children with `command`, which takes the worker's arguments; `run` is for sockets, `logs` for logs."""

    run: Path
    logs: Path
    command: Sequence[str] = COMMAND
    kind: RuntimeKind = RuntimeKind.HF
    warms: bool = True

    def caps(self, version: str, chip: str) -> Caps:
        """It loads every LoRA that peft can."""
        return Caps(RuntimeKind.HF, version, chip, embeddings=True, verified=chip == CPU)

    def check(self, adapter: Mapping[str, Any]) -> Sequence[Reason]:
        """Nothing is refused before it is loaded."""
        return ()

    def check_base(self, config: Mapping[str, Any], chip: str) -> Sequence[Reason]:
        """Every whole model that the catalog takes in can be loaded."""
        return ()

    def width(self, chip: str) -> int:
        """One, or none."""
        return 0 if chip == CPU else 1

    def estimate(self, spec: Spec) -> Bytes:
        """Weights as they are kept, a KV cache for a few answers, and the process itself."""
        weights = memory.weight_bytes(memory.parameters(spec.folder))
        return Bytes(weights, kv=_cache_bytes(spec.folder), overhead=PROCESS_BYTES)

    def listening(self, spec: Spec, host: str, port: int, key: Path) -> tuple[list[str], dict[str, str]]:
        """The worker on TCP."""
        listen = ["--host", host, "--port", port, "--api-key-file", key]
        return [*self.command, *_arguments(spec), *map(str, listen)], environment(spec.threads)

    def start(self, spec: Spec) -> Instance:
        """A child that ends with us."""
        name = spec.base.removeprefix("sha256:")[:12]
        socket, own = choose_socket(self.run, name)
        log = self.logs / f"runtime-{name}{f'-{spec.number}' if spec.number else ''}.log"
        env = environment(spec.threads)
        if spec.chips:
            env["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, spec.chips))
        command = [*self.command, *_arguments(spec), "--socket", str(socket)]
        child = Child(command, env=env, log=log, socket=socket, folder=own)
        return Instance(spec, f"{UNIX}{socket}", EngineClient(f"{UNIX}{socket}"), child, log)

    def load(self, instance: Instance, unit: str, folder: Path) -> None:
        """The worker has it say one token by itself."""
        instance.client.load(unit, folder)

    def unload(self, instance: Instance, unit: str) -> bool:
        """The worker refuses while the unit answers."""
        return instance.client.unload(unit)

    def status(self, instance: Instance) -> Status:
        """What /healthz says. Raises httpx.TransportError when nobody answers."""
        said = instance.client.get("/healthz").json()
        by_unit: Mapping[str, int] = said.get("in_flight_by_unit", {})
        busy = frozenset(unit for unit, count in by_unit.items() if count)
        units, running = frozenset(said["units"]), int(said["in_flight"])
        return Status(said["state"], said["reason"], units, busy, running, aird.__version__)

    def metrics(self, instance: Instance) -> Metrics:
        """vLLM's names, where they fit."""
        return normalised(instance.client.samples())

    def stop(self, instance: Instance, drain_seconds: float) -> None:
        """Asked to end, it lets running answers finish for five seconds."""
        drain(self, instance, drain_seconds)
        if instance.child is not None:
            instance.child.end()
        elif instance.end is not None:
            instance.end()
        instance.close()


def _arguments(spec: Spec) -> list[str]:
    """Of the worker, wherever it listens: it may take for keys and values what it was estimated to."""
    mib = -(-_cache_bytes(spec.folder) // 2**20)
    arguments = ["--base", spec.folder, "--name", spec.base, "--threads", spec.threads, "--cache-mib", mib]
    return [str(each) for each in arguments]


def _cache_bytes(folder: Path) -> int:
    """What an engine may take for the keys and values of its running answers."""
    config = memory.read_config(folder)
    text = config.get("text_config") or config
    context = min(int(text.get("max_position_embeddings") or LONGEST_ROW), LONGEST_ROW)
    wanted = memory.kv_bytes_per_token(config, element_bytes=4) * context * ROWS if config else 0
    return max(wanted, LEAST_CACHE)


def drain(runtime: "HfRuntime | Any", instance: Instance, seconds: float) -> None:
    """Wait until nothing runs in the engine, or for so long."""
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until and runtime.status(instance).running:
            time.sleep(0.1)
    except (httpx.HTTPError, ValueError, KeyError):
        return
