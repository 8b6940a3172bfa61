"""Rotation: plan, measure, search and order merges, and make one version from another; each order gives a job back."""

from collections.abc import Mapping, Sequence
from typing import Any

from aird.client._async.jobs import AsyncJob
from aird.client._async.transport import AsyncTransport
from aird.client._async.versions import AsyncVersions, address_of
from aird.client._async.work import Recipe
from aird.client.http import Json
from aird.client.rotation import body_of
from aird.client.schema_gen import CandidatePage, PlanRead, ReportRead, SearchRead


class AsyncMerges:
    """Merge versions by a recipe of mergekit, its YAML as text or as an object; aird.client.rotation writes one."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def plan(
        self, yaml: Recipe, *, model: str | None = None, search: Mapping[str, Any] | None = None
    ) -> PlanRead:
        """What the merge would do (PlanRead), without doing it; what would stop it stands in `findings`."""
        return PlanRead(await self._transport.post("/merges/plan", body_of(yaml, model, search)))

    async def start(
        self, yaml: Recipe, *, model: str | None = None, search: Mapping[str, Any] | None = None
    ) -> AsyncJob:
        """Queue the merge and give its job; `model` ("department/name") is where the child is filed."""
        return await self._order("/merges", body_of(yaml, model, search))

    async def measure(self, yaml: Recipe) -> AsyncJob:
        """Queue a measurement of how the parents lie to each other; the next plan shows it."""
        return await self._order("/merges/measure", body_of(yaml, None, None))

    async def search(
        self, yaml: Recipe, *, model: str | None = None, search: Mapping[str, Any] | None = None
    ) -> AsyncJob:
        """Queue a search that files nothing; `trials` shows its candidates with the recipe of each."""
        return await self._order("/merges/search", body_of(yaml, model, search))

    async def trials(self, job: str) -> SearchRead:
        """A search and its trials so far (SearchRead)."""
        return SearchRead(await self._transport.get(f"/merges/searches/{job}"))

    async def candidates(
        self, chosen: Sequence[str] = (), *, q: str = "", limit: int = 50, offset: int = 0
    ) -> CandidatePage:
        """Adapters to merge with those chosen, the compatible ones first, the others with the reason."""
        asked = {"chosen": list(chosen), "q": q, "limit": limit, "offset": offset}
        return CandidatePage(await self._transport.get("/merges/candidates", asked))

    async def recipe(self, version: str) -> str:
        """The mergekit YAML that a version was merged by, with every version pinned."""
        return str((await self._transport.get("/merges/recipe", {"version": version}))["yaml"])

    async def without(self, version: str, parents: Sequence[str]) -> str:
        """The same recipe without some parents, as if they had never been there; hand it to `start`."""
        body = {"version": version, "without": list(parents)}
        return str((await self._transport.post("/merges/without", body))["yaml"])

    async def report(self, version: str) -> ReportRead:
        """What happened in the merge that a version came from, module by module (ReportRead)."""
        return ReportRead(await self._transport.get("/merges/report", {"version": version}))

    async def extract(
        self,
        version: str,
        *,
        base: str | None = None,
        rank: int | None = None,
        energy: float = 0.99,
        model: str | None = None,
    ) -> AsyncJob:
        """Queue making a plain LoRA of a fine-tune, or of an adapter that is more than plain LoRA.

        `rank` is a number, or None for the smallest that keeps `energy` of each module's change.
        """
        body = {"version": version, "base": base, "rank": rank, "energy": energy, "model": model}
        return await self._order("/merges/extract", body)

    async def bake(self, version: str, *, model: str | None = None) -> AsyncJob:
        """Queue putting an adapter into its base: a whole model comes out."""
        return await self._order("/merges/bake", {"version": version, "model": model})

    async def quantize(self, version: str, *, format: str = "int8", model: str | None = None) -> AsyncJob:
        """Queue making a child in fewer bits."""
        return await self._order("/merges/quantize", {"version": version, "format": format, "model": model})

    async def export(self, version: str, *, weights: str = "q8_0", model: str | None = None) -> AsyncJob:
        """Queue writing a version as one file for an edge runtime (GGUF for llama.cpp).

        `weights` is f32, f16, q8_0 or q4_k_m.
        """
        return await self._order("/merges/export", {"version": version, "weights": weights, "model": model})

    async def reproduce(self, version: str) -> AsyncJob:
        """Queue making a version again from its job's recipe; the result says whether the digest is the same."""
        found = await AsyncVersions(self._transport).get(version)
        return await self._order(f"{address_of(found)}/reproduce", {})

    async def _order(self, path: str, body: Json) -> AsyncJob:
        return AsyncJob(await self._transport.post(path, body), self._transport)
