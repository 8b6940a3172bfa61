"""What `capture` took down, without personal data, into the data set of its endpoint.

A module of its own, and loaded when the first exchange is written: what recognises personal data is large, and most
gateways keep nothing.
"""

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from aird.core.db import Database
from aird.datasets import exchanges
from aird.datasets import queries as datasets
from aird.datasets.exchanges import Clean
from aird.datasets.feedback import dataset_name
from aird.deploy.gateway.taken import Taken
from aird.deploy.models import Endpoint


def write(database: Database, taken: Sequence[Taken]) -> None:
    """Keep exchanges of the endpoints that still want it."""
    cleaned = [
        (each.endpoint, exchanges.clean(each.completion_id, each.unit, each.version, each.messages, each.answer))
        for each in taken
    ]
    try:
        _keep(database, cleaned)
    except IntegrityError:  # one of them is there already
        for each in cleaned:
            with suppress(IntegrityError):
                _keep(database, [each])


def _keep(database: Database, cleaned: list[tuple[UUID, Clean]]) -> None:
    with database.write() as session:
        ids = {endpoint for endpoint, _ in cleaned}
        query = select(Endpoint).where(Endpoint.id.in_(ids)).order_by(Endpoint.id).with_for_update(read=True)
        found = {each.id: each for each in session.scalars(query)}
        for id, exchange in cleaned:
            endpoint = found.get(id)
            if endpoint is None or endpoint.capture_days is None:
                continue
            dataset = datasets.get_dataset(session, dataset_name(endpoint.name))
            exchanges.keep(session, endpoint.name, dataset, exchange, days=endpoint.capture_days)
