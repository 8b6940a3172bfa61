"""Where a version can run, the best place first, or why it cannot. Pure.

A runtime's driver says what it refuses of a version, a chip's profile what was built for it, the machine how much
memory there is, and the evidence table what was tried. Nothing is said to be verified that nobody tried on that kind of
chip.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from aird.deploy import memory
from aird.deploy.drivers.base import Caps, Reason
from aird.deploy.fitting.chips import Family, Profile, profile
from aird.deploy.fitting.manifest import Manifest
from aird.deploy.memory import Bytes, gib
from aird.deploy.placement import CPU, RuntimeKind
from aird.runtimes.edge import knows as edge

ROWS = 8
"""Answers at a time for which there has to be a KV cache."""
LONGEST = 4096


class FitVerdict(StrEnum):
    """What can be said of one place."""

    VERIFIED = "verified"  # tried there, by the conformance suite
    SHOULD_WORK = "should_work"  # nothing speaks against it, nobody tried
    NO = "no"


@dataclass(frozen=True)
class Place:
    """One kind of chip of this house; `chip_bytes` is the memory of one, 0 where it is not known."""

    chip: str
    chip_bytes: int = 0


@dataclass(frozen=True)
class Verified:
    """What the conformance suite found last for a runtime on a family of chips."""

    runtime: RuntimeKind
    version: str
    family: Family
    passed: bool


@dataclass(frozen=True)
class Fit:
    """One runtime on one kind of chip."""

    runtime: RuntimeKind | Literal["llama.cpp"]
    chip: str
    family: Family
    verdict: FitVerdict
    through: str
    reasons: tuple[Reason, ...]
    estimate: Bytes
    verified_version: str = ""


class Driver(Protocol):
    """What is asked of a driver here."""

    kind: RuntimeKind

    def caps(self, version: str, chip: str) -> Caps:
        """What it can do."""
        ...

    def check(self, adapter: Mapping[str, object]) -> Sequence[Reason]:
        """What it refuses of an adapter."""
        ...

    def check_base(self, config: Mapping[str, object], chip: str) -> Sequence[Reason]:
        """What it refuses of a whole model."""
        ...

    def width(self, chip: str) -> int:
        """Chips that one engine takes."""
        ...


def match(
    manifest: Manifest, places: Iterable[Place], drivers: Sequence[Driver], evidence: Iterable[Verified] = ()
) -> list[Fit]:
    """Every runtime on every place: first what was verified, then what should work, by memory; last what cannot."""
    tried = {(each.runtime, each.family): each for each in evidence}
    found = [_fit(manifest, place, driver, tried) for place in places for driver in drivers]
    order = list(FitVerdict)
    return sorted(found, key=lambda fit: (order.index(fit.verdict), fit.estimate.total, fit.chip, fit.runtime))


def _fit(manifest: Manifest, place: Place, driver: Driver, tried: Mapping[tuple[RuntimeKind, Family], Verified]) -> Fit:
    kind = profile(place.chip)
    estimate = expected(manifest, driver.kind, driver.caps("", place.chip))
    reasons = [*_unbuilt(kind, driver.kind), *driver.check_base(manifest.config, place.chip)]
    if manifest.adapter is not None:
        reasons += driver.check(manifest.adapter)
    reasons += _quantized(manifest, driver.kind)
    wide = driver.width(place.chip)
    if place.chip_bytes and estimate.on_each(wide) > place.chip_bytes:
        spread = f" on {wide} chips" if wide > 1 else ""
        message = f"It would take {estimate}{spread}; one {place.chip} has {gib(place.chip_bytes)}."
        reasons.append(Reason("no_room", message, "Choose a smaller base, a larger chip, or a quantised export."))
    seen = tried.get((driver.kind, kind.family))
    if seen is not None and not seen.passed:
        message = f"The conformance suite failed there with version {seen.version}."
        reasons.append(Reason("failed_conformance", message, "Look at the evidence table."))
    good = FitVerdict.VERIFIED if seen is not None and seen.passed else FitVerdict.SHOULD_WORK
    return Fit(
        runtime=driver.kind,
        chip=place.chip,
        family=kind.family,
        verdict=FitVerdict.NO if reasons else good,
        through=kind.runs.get(driver.kind, ""),
        reasons=tuple(reasons),
        estimate=estimate,
        verified_version=seen.version if seen is not None and seen.passed else "",
    )


def _unbuilt(kind: Profile, runtime: RuntimeKind) -> list[Reason]:
    if runtime in kind.runs:
        return []
    others = ", ".join(str(each) for each in kind.runs)
    fix = f"Use {others}." if others else "Choose another chip."
    return [Reason("not_built", f"The runtime {runtime} is not known to run on {kind.title}.", fix)]


def _quantized(manifest: Manifest, runtime: RuntimeKind) -> list[Reason]:
    if manifest.quantization.startswith(edge.FORMAT):
        message = f"It is a file for {edge.RUNTIME} on a device ({manifest.quantization}); {runtime} does not read it."
        return [Reason("edge_export", message, f"Serve the version it was made from; take {edge.FILE} to the device.")]
    if not manifest.quantization or runtime is RuntimeKind.HF:
        return []
    message = f"Its base is kept as {manifest.quantization}, which is tried with the runtime hf alone."
    return [Reason("quantization", message, "Serve the version that it was made from, or use the runtime hf.")]


def expected(manifest: Manifest, runtime: RuntimeKind, caps: Caps) -> Bytes:
    """What an engine with this version takes, from the manifest alone; the driver's own estimate has the files.

    Weights as they are kept (hf) or in two bytes each (vLLM); KV cache of ROWS answers; one adapter's slot.
    """
    size = 4 if runtime is RuntimeKind.HF else 2
    weights = manifest.weight_bytes if runtime is RuntimeKind.HF else manifest.parameters * size
    context = min(manifest.context or LONGEST, LONGEST)
    kv = memory.kv_bytes_per_token(manifest.config, element_bytes=size) * context * ROWS if manifest.config else 0
    rank = max(manifest.rank, caps.max_rank or 0) if manifest.adapter is not None else 0
    lora = memory.lora_bytes(manifest.config, rank=rank, slots=1, element_bytes=size) if rank and manifest.config else 0
    return Bytes(weights, kv=kv, lora=lora)


def distinct(places: Iterable[Place]) -> list[Place]:
    """Every kind of chip once, the CPU among them, with the smallest memory known of it."""
    found = {CPU: 0}
    for each in places:
        known = found.get(each.chip)
        found[each.chip] = each.chip_bytes if not known else min(known, each.chip_bytes or known)
    return [Place(chip, size) for chip, size in found.items()]
