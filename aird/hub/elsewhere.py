"""What the Hub of Hugging Face has and aird has not: each answers 501 with the reason, and never pretends."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException

from aird.auth.deps import public
from aird.core.errors import NotOffered

router = APIRouter()
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MODEL = "/api/models/{department}/{name}"

REASONS: dict[str, tuple[str, ...]] = {
    "Dataset repositories are not offered here; data sets are kept at /api/v1/datasets.": (
        "/api/datasets{rest:path}", "/datasets/{rest:path}", "/api/datasets-tags-by-type",
    ),
    "Spaces are not offered: aird runs no programs that come with a model.": (
        "/api/spaces{rest:path}", "/spaces/{rest:path}",
    ),
    "Discussions and pull requests are not offered. Push to a branch, then have the version approved.": (
        f"{MODEL}/discussions{{rest:path}}", "/api/{department}/{name}/discussions/{rest:path}",
        "/{department}/{name}/discussions{rest:path}",
    ),
    "Collections are not offered. Tags, and searches kept in an address, take their place.": (
        "/api/collections{rest:path}",
    ),
    "Webhooks are not offered here.": ("/api/settings/webhooks{rest:path}",),
    "Kernels are not offered: aird runs no code that comes with a model.": ("/api/kernels{rest:path}",),
    "Jobs of the Hub are not offered; aird's own jobs are at /api/v1/jobs.": (
        "/api/jobs{rest:path}", "/api/scheduled-jobs{rest:path}",
    ),
    "Inference of the Hub is not offered. Ask a model at /v1, which speaks the OpenAI protocol.": (
        "/api/inference{rest:path}", "/api/partners{rest:path}", "/v2/endpoint{rest:path}",
    ),
    "Likes are not offered.": (f"{MODEL}/like", f"{MODEL}/likers", "/api/users/{user}/likes"),
    "Buckets are not offered; files belong to models.": ("/api/buckets{rest:path}", "/buckets/{rest:path}"),
    "Papers are not offered.": ("/api/papers{rest:path}", "/api/daily_papers", "/papers/{rest:path}"),
    "A list of a Hub account's repositories is not offered; `list_models(author=...)` lists a department's models.": (
        "/api/settings/repositories", "/api/organizations/{organization}/settings/repositories",
    ),
    "Profiles are not offered here; people and departments are at /api/v1.": (
        "/api/users/{user}/{rest:path}", "/api/organizations/{organization}/{rest:path}",
    ),
    "Resource groups are not offered; departments own models.": (f"{MODEL}/resource-group",),
    "Copying a repository is not offered. Push its files; bytes that you may read are not sent again.": (
        f"{MODEL}/duplicate", f"{MODEL}/lfs-files/duplicate",
    ),
    "Deleting stored files is not offered: versions are kept for good, and what nothing needs is collected.": (
        f"{MODEL}/lfs-files{{rest:path}}",
    ),
    "Withdrawing a request for access is not offered. The owners can reject it.": (
        f"{MODEL}/user-access-request/cancel",
    ),
    "Comparing revisions is not offered here; `GET /api/v1/models/.../diff` does.": (f"{MODEL}/compare/{{rest:path}}",),
    "Logging in by a browser is not offered here. Make a token with `aird tokens create` and set HF_TOKEN.": (
        "/oauth/{rest:path}",
    ),
    "Xet storage is not offered. Set HF_HUB_DISABLE_XET=1.": ("/v1/{rest:path}", "/v2/{rest:path}"),
    "Attachments are not offered.": ("/uploads",),
}  # fmt: skip


def _refuse_at(paths: Sequence[str], reason: str) -> None:
    @public
    def refuse() -> None:
        raise NotOffered(reason)

    for path in paths:
        router.add_api_route(path, refuse, methods=list(METHODS), name="not_offered")


for _reason, _paths in REASONS.items():
    _refuse_at(_paths, _reason)


@public
def unknown(request: Request) -> None:
    """Nothing is here."""
    raise HTTPException(
        404, f"The Hub of aird has nothing at {request.url.path[:200]}. See docs/hub.md for what it has."
    )


router.add_api_route("/{rest:path}", unknown, methods=list(METHODS), name="unknown")
