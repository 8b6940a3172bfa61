# Written by scripts/make-client.py from aird/client/_async/merges.py; change that one.
"""Rotation: plan, measure, search and order merges, and make one version from another; each order gives a job back."""

from collections.abc import Mapping, Sequence
from typing import Any

from aird.client._sync.jobs import Job
from aird.client._sync.transport import Transport
from aird.client._sync.versions import Versions, address_of
from aird.client._sync.work import Recipe
from aird.client.http import Json
from aird.client.rotation import body_of
from aird.client.schema_gen import CandidatePage, PlanRead, ReportRead, SearchRead


class Merges:
    """Merge versions by a recipe of mergekit, its YAML as text or as an object; aird.client.rotation writes one."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def plan(self, yaml: Recipe, *, model: str | None = None, search: Mapping[str, Any] | None = None) -> PlanRead:
        """What the merge would do (PlanRead), without doing it; what would stop it stands in `findings`."""
        return PlanRead(self._transport.post("/merges/plan", body_of(yaml, model, search)))

    def start(self, yaml: Recipe, *, model: str | None = None, search: Mapping[str, Any] | None = None) -> Job:
        """Queue the merge and give its job; `model` ("department/name") is where the child is filed."""
        return self._order("/merges", body_of(yaml, model, search))

    def measure(self, yaml: Recipe) -> Job:
        """Queue a measurement of how the parents lie to each other; the next plan shows it."""
        return self._order("/merges/measure", body_of(yaml, None, None))

    def search(self, yaml: Recipe, *, model: str | None = None, search: Mapping[str, Any] | None = None) -> Job:
        """Queue a search that files nothing; `trials` shows its candidates with the recipe of each."""
        return self._order("/merges/search", body_of(yaml, model, search))

    def trials(self, job: str) -> SearchRead:
        """A search and its trials so far (SearchRead)."""
        return SearchRead(self._transport.get(f"/merges/searches/{job}"))

    def candidates(self, chosen: Sequence[str] = (), *, q: str = "", limit: int = 50, offset: int = 0) -> CandidatePage:
        """Adapters to merge with those chosen, the compatible ones first, the others with the reason."""
        asked = {"chosen": list(chosen), "q": q, "limit": limit, "offset": offset}
        return CandidatePage(self._transport.get("/merges/candidates", asked))

    def recipe(self, version: str) -> str:
        """The mergekit YAML that a version was merged by, with every version pinned."""
        return str((self._transport.get("/merges/recipe", {"version": version}))["yaml"])

    def without(self, version: str, parents: Sequence[str]) -> str:
        """The same recipe without some parents, as if they had never been there; hand it to `start`."""
        body = {"version": version, "without": list(parents)}
        return str((self._transport.post("/merges/without", body))["yaml"])

    def report(self, version: str) -> ReportRead:
        """What happened in the merge that a version came from, module by module (ReportRead)."""
        return ReportRead(self._transport.get("/merges/report", {"version": version}))

    def extract(
        self,
        version: str,
        *,
        base: str | None = None,
        rank: int | None = None,
        energy: float = 0.99,
        model: str | None = None,
    ) -> Job:
        """Queue making a plain LoRA of a fine-tune, or of an adapter that is more than plain LoRA.

        `rank` is a number, or None for the smallest that keeps `energy` of each module's change.
        """
        body = {"version": version, "base": base, "rank": rank, "energy": energy, "model": model}
        return self._order("/merges/extract", body)

    def bake(self, version: str, *, model: str | None = None) -> Job:
        """Queue putting an adapter into its base: a whole model comes out."""
        return self._order("/merges/bake", {"version": version, "model": model})

    def quantize(self, version: str, *, format: str = "int8", model: str | None = None) -> Job:
        """Queue making a child in fewer bits."""
        return self._order("/merges/quantize", {"version": version, "format": format, "model": model})

    def export(self, version: str, *, weights: str = "q8_0", model: str | None = None) -> Job:
        """Queue writing a version as one file for an edge runtime (GGUF for llama.cpp).

        `weights` is f32, f16, q8_0 or q4_k_m.
        """
        return self._order("/merges/export", {"version": version, "weights": weights, "model": model})

    def reproduce(self, version: str) -> Job:
        """Queue making a version again from its job's recipe; the result says whether the digest is the same."""
        found = Versions(self._transport).get(version)
        return self._order(f"{address_of(found)}/reproduce", {})

    def _order(self, path: str, body: Json) -> Job:
        return Job(self._transport.post(path, body), self._transport)
