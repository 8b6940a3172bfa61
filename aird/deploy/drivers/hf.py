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
"""Answers at a time, and tokens of each, for which the estimate has a KV cache."""


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

    def estimate(self, spec: Spec) -> Bytes:
        """Weights as they are kept, a KV cache for a few answers, and the process itself."""
        config, tensors = memory.read_config(spec.folder), memory.parameters(spec.folder)
        context = min(int(config.get("max_position_embeddings") or LONGEST_ROW), LONGEST_ROW)
        kv = memory.kv_bytes_per_token(config, element_bytes=4) * context * ROWS if config else 0
        return Bytes(memory.weight_bytes(tensors), kv=kv, overhead=PROCESS_BYTES)

    def listening(self, spec: Spec, host: str, port: int, key: Path) -> tuple[list[str], dict[str, str]]:
        """The worker on TCP."""
        arguments = ["--base", spec.folder, "--name", spec.base, "--threads", spec.threads]
        listen = ["--host", host, "--port", port, "--api-key-file", key]
        return [*self.command, *map(str, [*arguments, *listen])], environment(spec.threads)

    def start(self, spec: Spec) -> Instance:
        """A child that ends with us."""
        name = spec.base.removeprefix("sha256:")[:12]
        socket, own = choose_socket(self.run, name)
        log = self.logs / f"runtime-{name}{f'-{spec.number}' if spec.number else ''}.log"
        arguments = ["--base", spec.folder, "--name", spec.base, "--socket", socket, "--threads", spec.threads]
        env = environment(spec.threads)
        if spec.chips:
            env["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, spec.chips))
        child = Child([*self.command, *map(str, arguments)], env=env, log=log, socket=socket, folder=own)
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


def drain(runtime: "HfRuntime | Any", instance: Instance, seconds: float) -> None:
    """Wait until nothing runs in the engine, or for so long."""
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until and runtime.status(instance).running:
            time.sleep(0.1)
    except (httpx.HTTPError, ValueError, KeyError):
        return
