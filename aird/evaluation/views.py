"""Put exams into the shapes that the API shows, with words of items for those who may read them."""

from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog.models import Model, Version
from aird.datasets import service as datasets
from aird.datasets.views import may_read_items
from aird.evaluation import queries
from aird.evaluation.models import Run, Scorer, Suite
from aird.evaluation.schemas import SuiteDetail
from aird.store.artifacts import Store
from aird.store.errors import ArtifactNotFound

SAMPLE = 5


def suite_detail(session: Session, store: Store, actor: Actor, suite: Suite) -> SuiteDetail:
    """The exam, its settings, how often it was sat by versions that the actor may see, and its first items."""
    visible = may_read_items(actor, suite.dataset_version.dataset)
    counted = select(func.count(Run.id)).join(Version, Version.id == Run.version_id)
    counted = counted.join(Model, Model.id == Version.model_id).where(Run.suite_id == suite.id)
    settings = dict(suite.settings)
    if suite.scorer is Scorer.JUDGE and not visible:
        settings["calibration"] = []
    return SuiteDetail(
        **queries.suite_reads(session, [suite])[0].model_dump(),
        settings=settings,
        items_hidden=not visible,
        sample=_sample(store, suite) if visible else [],
        runs=session.scalar(access.visible(counted, actor)) or 0,
    )


def _sample(store: Store, suite: Suite) -> list[dict[str, object]]:
    try:
        return list(islice(datasets.open_items(store, suite.dataset_version, suite.split), SAMPLE))
    except ArtifactNotFound:
        return []
