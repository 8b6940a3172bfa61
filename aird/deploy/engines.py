"""Which drivers there are, from the settings, and what an engine is started with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx

from aird.core.settings import Settings
from aird.deploy import children
from aird.deploy.drivers.base import Instance, Runtime, Spec
from aird.deploy.drivers.client import EngineClient
from aird.deploy.drivers.hf import COMMAND, HfRuntime
from aird.deploy.drivers.vllm import VllmOptions, VllmRuntime
from aird.deploy.fleet import Place
from aird.deploy.memory import Bytes, gib
from aird.deploy.placement import CPU, RuntimeKind
from aird.jobs.house import Seat

LEAST_MEASURED = 3
"""Engines of a kind that have to have been measured before their estimates are corrected by it."""


@dataclass
class Engines:
    """The drivers, and the servers that others run."""

    settings: Settings
    command: Sequence[str] = COMMAND
    _serves: dict[str, str] = field(default_factory=dict)  # address of a server that others run: its base

    def __post_init__(self) -> None:
        home = self.settings.home
        self._drivers: dict[RuntimeKind, Runtime] = {
            RuntimeKind.HF: HfRuntime(home / "run", home / "logs", self.command),
            RuntimeKind.VLLM: VllmRuntime(home / "run", home / "logs", vllm_options(self.settings)),
        }

    def driver(self, kind: RuntimeKind) -> Runtime:
        """The driver for this kind."""
        return self._drivers[kind]

    def spec(self, place: Place, folder: Path, seats: Sequence[Seat]) -> Spec:
        """What an engine at this place is started with."""
        pool, number = place
        chips = seats[0].chips if seats else ()
        return Spec(pool.base, folder, number, pool.chip, chips, self.settings.runtime_threads)

    def outside(self, base: str) -> list[str]:
        """Addresses of servers run by others that serve this whole model under its digest."""
        for address in self.settings.vllm_urls:
            if address not in self._serves:
                self._ask(address)
        return [address for address in self.settings.vllm_urls if self._serves.get(address) == base]

    def _ask(self, address: str) -> None:
        client = EngineClient(address, self._key())
        try:
            cards = client.models()
            self._serves[address] = next((str(card["id"]) for card in cards if not card.get("parent")), "")
        except (httpx.HTTPError, ValueError, KeyError):
            return
        finally:
            client.close()

    def attach(self, place: Place, address: str) -> Instance:
        """An engine that others run."""
        self._serves.pop(address, None)  # asked again when it is lost
        return Instance(Spec(place[0].base, Path(), place[1]), address, EngineClient(address, self._key()))

    def _key(self) -> str:
        return self.settings.engine_key.get_secret_value() if self.settings.engine_key else ""


def vllm_options(settings: Settings) -> VllmOptions:
    """As the settings have them."""
    return VllmOptions(
        python=settings.vllm_python, max_rank=settings.vllm_max_rank, slots=settings.vllm_slots,
        registered=settings.vllm_adapters, kv_bytes=settings.vllm_kv_bytes, dtype=settings.vllm_dtype,
        memory_part=settings.vllm_memory_part, tensor_parallel=settings.vllm_tensor_parallel,
        arguments=tuple(settings.vllm_args),
    )  # fmt: skip


def correction(measured: Iterable[tuple[int, int]]) -> float:
    """By what to multiply an estimate, from (estimated, taken) of engines of the same runtime and chip."""
    ratios = [took / estimated for estimated, took in measured if estimated and took]
    return min(max(median(ratios), 0.5), 3.0) if len(ratios) >= LEAST_MEASURED else 1.0


def refusal(estimate: Bytes, chip: str, factor: float = 1.0) -> str:
    """Why an engine cannot be started on this machine's memory; empty when it can. Chips are admission's matter."""
    left = children.memory_left()
    wanted = round(estimate.total * factor)
    if chip != CPU or left is None or wanted <= left:
        return ""
    learned = f", corrected by what such engines really took to {gib(wanted)}" if factor != 1.0 else ""
    return (
        f"It would take {estimate}{learned}; this machine has {gib(left)} left. "
        "Stop an endpoint, serve it on a chip, or choose a smaller base."
    )
