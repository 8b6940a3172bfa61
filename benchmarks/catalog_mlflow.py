"""MLflow's half of `benchmarks.catalog`, run by the Python of an environment that has MLflow.

`python -m benchmarks.catalog_mlflow URL MODELS VERSIONS CALLS SECONDS` fills an empty database and prints the times
as JSON. Filled by bulk SQL through MLflow's own table classes, asked through MlflowClient alone.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import mlflow  # type: ignore[import-not-found]
from mlflow.store.model_registry.dbmodels import models as tables  # type: ignore[import-not-found]
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore  # type: ignore[import-not-found]

from benchmarks.catalog_data import FAMILY, PAGE, Line, Spec, lines, member, parent_of, places, searches
from benchmarks.catalog_timing import timed

CHUNK = 5000


def name_of(line: Line) -> str:
    """MLflow allows no slash in a name."""
    return f"{line.department}.{line.slug}"


def fill(store: Any, spec: Spec) -> None:
    """The same models, tags, versions and aliases; a version of the family has its parent in a tag."""
    names = [name_of(line) for line in lines(spec)]
    family = {member(node, spec): node for node in range(FAMILY)}

    def versions() -> Iterator[dict[str, Any]]:
        for name in names:
            for number in range(1, spec.versions + 1):
                yield {
                    "name": name,
                    "version": number,
                    "creation_time": number,
                    "source": f"s3://models/{name}/{number}",
                }

    def tags() -> Iterator[dict[str, Any]]:
        for place, name in enumerate(names):
            for number in range(1, spec.versions + 1):
                key = {"name": name, "version": number}
                yield {**key, "key": "kind", "value": "adapter"}
                node = family.get((place, number))
                above = parent_of(node) if node else None
                if above is not None:
                    its_place, its_number = member(above, spec)
                    yield {**key, "key": "parent", "value": f"{names[its_place]}:{its_number}"}

    rows: list[tuple[Any, Iterator[dict[str, Any]]]] = [
        (
            tables.SqlRegisteredModel,
            ({"name": name_of(each), "creation_time": 1, "description": each.description} for each in lines(spec)),
        ),
        (
            tables.SqlRegisteredModelTag,
            ({"name": name_of(each), "key": tag, "value": "true"} for each in lines(spec) for tag in each.tags),
        ),
        (tables.SqlModelVersion, versions()),
        (tables.SqlModelVersionTag, tags()),
        (
            tables.SqlRegisteredModelAlias,
            (
                {"name": name, "alias": alias, "version": spec.versions - back}
                for name in names
                for alias, back in (("production", 1), ("staging", 0))
            ),
        ),
    ]
    for table, found in rows:
        with store.engine.begin() as connection:
            while chunk := [row for _, row in zip(range(CHUNK), found, strict=False)]:
                connection.execute(table.__table__.insert(), chunk)
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def ask(client: Any, spec: Spec, calls: int, seconds: float) -> dict[str, Any]:
    """The same questions as ours."""
    names = [name_of(line) for line in lines(spec)]

    def search(question: tuple[str, str]) -> int:
        tag, word = question
        wanted = f"tags.{tag} = 'true' AND name ILIKE '%{word}%'"
        return len(client.search_registered_models(filter_string=wanted, max_results=PAGE))

    def pages() -> Iterator[str | None]:
        token = None
        for _ in range(calls):
            yield token
            token = following[-1]

    following: list[str | None] = []

    def latest(token: str | None) -> int:
        page = client.search_registered_models(max_results=PAGE, page_token=token)
        following.append(page.token or None)
        return sum(len(each.latest_versions) for each in page)

    def alias(place: int) -> int:
        return int(client.get_model_version_by_alias(names[place], "production").version > 0)

    def family(root: str) -> int:
        generation, met = [root], 0
        while generation:
            children = []
            for each in generation:
                found = client.search_model_versions(f"tags.parent = '{each}'", max_results=1000)
                children += [f"{child.name}:{child.version}" for child in found]
            met += len(children)
            generation = children
        return met

    root = f"{names[0]}:1"
    return {
        "search": timed(search, searches(calls), seconds=seconds),
        "latest": timed(latest, pages(), seconds=seconds),
        "alias": timed(alias, places(spec, calls), seconds=seconds),
        "family": timed(family, [root] * 3, seconds=seconds, warm_up=0),
    }


def main(url: str, models: str, versions: str, calls: str, seconds: str) -> None:
    """Fill, ask, print."""
    spec = Spec(int(models), int(versions))
    fill(SqlAlchemyStore(url), spec)
    client = mlflow.MlflowClient(tracking_uri=url, registry_uri=url)
    times = ask(client, spec, int(calls), float(seconds))
    print(json.dumps({"version": mlflow.__version__, **times}))


if __name__ == "__main__":
    main(*sys.argv[1:])
