"""Where an edge export can run: llama.cpp on devices. Such a file is fetched; no endpoint serves it. Pure.

What is said of chips was read in llama.cpp's documents on its builds. Only the CPU was tried: by the very job that made
the export, which compared its answers there.
"""

from collections.abc import Iterable, Mapping

from aird.deploy import memory
from aird.deploy.drivers.base import Reason
from aird.deploy.fitting.chips import Family, profile
from aird.deploy.fitting.manifest import Manifest
from aird.deploy.fitting.matching import LONGEST, Fit, FitVerdict, Place
from aird.deploy.memory import Bytes, gib
from aird.runtimes.edge import knows

THROUGH: Mapping[Family, str] = {
    Family.CPU: "llama.cpp",
    Family.NVIDIA: "llama.cpp for CUDA",
    Family.AMD: "llama.cpp for HIP",
    Family.INTEL: "llama.cpp for SYCL",
    Family.ASCEND: "llama.cpp for CANN",
    Family.APPLE: "llama.cpp for Metal",
}
KEY_BYTES = 2
"""Of an element of the KV cache by default there."""


def fits(manifest: Manifest, places: Iterable[Place], compared: str = "") -> list[Fit]:
    """llama.cpp on every place; `compared` is the build that the export was compared with on a CPU."""
    found = [_fit(manifest, place, compared) for place in places]
    order = list(FitVerdict)
    return sorted(found, key=lambda fit: (order.index(fit.verdict), fit.chip))


def _fit(manifest: Manifest, place: Place, compared: str) -> Fit:
    family = profile(place.chip).family
    estimate = _expected(manifest)
    reasons = _reasons(manifest)
    if family not in THROUGH:
        reasons.append(Reason("not_built", f"{knows.RUNTIME} is not known to run on {profile(place.chip).title}."))
    if place.chip_bytes and estimate.total > place.chip_bytes:
        message = f"It would take {estimate}; one {place.chip} has {gib(place.chip_bytes)}."
        reasons.append(Reason("no_room", message, "Export it in fewer bits."))
    good = FitVerdict.VERIFIED if compared and family is Family.CPU else FitVerdict.SHOULD_WORK
    return Fit(
        runtime=knows.RUNTIME,
        chip=place.chip,
        family=family,
        verdict=FitVerdict.NO if reasons else good,
        through=THROUGH.get(family, ""),
        reasons=tuple(reasons),
        estimate=estimate,
        verified_version=compared if good is FitVerdict.VERIFIED and not reasons else "",
    )


def _reasons(manifest: Manifest) -> list[Reason]:
    if manifest.quantization.startswith(knows.FORMAT):
        return []
    if manifest.config:
        said = knows.network_refusals(manifest.config)
        if said:
            return [Reason("not_exportable", " ".join(said))]
    message = f"It is not a file for {knows.RUNTIME}."
    return [Reason("not_exported", message, f"Make one of it: aird export {manifest.ref}.")]


def _expected(manifest: Manifest) -> Bytes:
    """Weights as they are kept, and the KV cache of one answer."""
    context = min(manifest.context or LONGEST, LONGEST)
    config = manifest.config
    kv = memory.kv_bytes_per_token(config, element_bytes=KEY_BYTES) * context if config else 0
    return Bytes(manifest.weight_bytes, kv=kv)
