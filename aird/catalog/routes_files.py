"""A version's files over HTTP: texts, headers of weights, the card, what changed between two versions."""

from typing import Annotated

from fastapi import APIRouter, Query

from aird.auth.deps import ReadSession
from aird.catalog import access, cards, comparison, file_pages, readmes
from aird.catalog.errors import FileNotFound, GatedModel, ModelNotFound, NotShownAsText, VersionNotFound
from aird.catalog.names import NameRefused
from aird.catalog.routes_params import VERSION, Number, Reader, version_at
from aird.catalog.schemas_files import CardRead, ClaimRead, DiffRead, HeaderRead, TextRead
from aird.core.http import problems
from aird.store.deps import CurrentStore

router = APIRouter(tags=["catalog"])


@router.get(f"{VERSION}/files/{{path:path}}/header", responses=problems(VersionNotFound, FileNotFound, NotShownAsText))
def get_file_header(
    department: str, model: str, number: Number, path: str, session: ReadSession, store: CurrentStore, actor: Reader
) -> HeaderRead:
    """The tensors that a safetensors file says it holds."""
    version = version_at(session, actor, department, model, number)
    return file_pages.header(session, store, version, path)


@router.get(
    f"{VERSION}/files/{{path:path}}", responses=problems(VersionNotFound, FileNotFound, NotShownAsText, GatedModel)
)
def get_file_text(
    department: str, model: str, number: Number, path: str, session: ReadSession, store: CurrentStore, actor: Reader
) -> TextRead:
    """A text file of up to 2 MiB: the card for everybody, others for who may use the weights."""
    version = version_at(session, actor, department, model, number)
    if path != cards.README:
        access.require_weights(session, actor, version.model)
    return file_pages.text(session, store, version, path)


@router.get(f"{VERSION}/card", responses=problems(VersionNotFound))
def get_card(
    department: str, model: str, number: Number, session: ReadSession, store: CurrentStore, actor: Reader
) -> CardRead:
    """The version's card: its own README, or one written from what the catalog knows."""
    version = version_at(session, actor, department, model, number)
    card, own = readmes.of_version(session, store, version)
    claims = cards.claims(version.card or card.metadata) if own else []
    return CardRead(
        metadata=card.metadata, markdown=card.body, claims=[ClaimRead.model_validate(each) for each in claims], own=own
    )


@router.get(f"{VERSION}/diff", responses=problems(VersionNotFound, ModelNotFound, NameRefused))
def get_diff(
    department: str,
    model: str,
    number: Number,
    against: Annotated[str, Query(max_length=160, description="The older version, as department/model@1.")],
    session: ReadSession,
    store: CurrentStore,
    actor: Reader,
) -> DiffRead:
    """What changed from the version `against` to this one; texts are compared for who may use the weights of both."""
    new = version_at(session, actor, department, model, number)
    old = access.get_ref(session, actor, against)
    texts = all(access.may_use_weights(session, actor, each.model) for each in (old, new))
    return comparison.of_versions(session, store, old, new, texts=texts)
