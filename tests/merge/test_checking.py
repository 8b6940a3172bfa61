"""A plan with all that the check finds around it in a real catalog, and orders that it stops."""

import struct
from typing import Any

import pytest

from aird.auth import queries as auth_queries
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.errors import GatedModel
from aird.catalog.models import AdapterSketch, Gating, Kind, Version, Visibility
from aird.core.recipe_yaml import RecipeRefused
from aird.core.schemas import Finding
from aird.deploy.models import Action, Deployment, Endpoint
from aird.jobs.models import Job
from aird.merge import service
from aird.merge.errors import PlanStops
from aird.merge.recipe import merge_recipe as recipe
from aird.merge.schemas import MergeBody, PlanRead, SearchSpace
from aird.testing import World

SHAPES = {"q_proj": [8, 16], "v_proj": [4, 16]}
FACTS = {"tokenizer_sha256": "t", "shapes": SHAPES, "ranks": {"q_proj": 4, "v_proj": 4}, "rank": 4}
RECIPE = """
merge_method: {method}
base_model: platform/base
models:
  - {{model: support/mail, parameters: {{weight: 0.75}}}}
  - {{model: 'platform/base+finance/books@1', parameters: {{weight: 0.25}}}}
aird: {{{extra}}}
"""


@pytest.fixture(autouse=True)
def house(world: World) -> dict[str, Version]:
    base = world.version("platform/base", kind=Kind.BASE, facts={"vocab_size": 300, "dtype": "BF16", "shapes": SHAPES})
    found = {"base": base}
    for name in ("support/mail", "finance/books"):
        found[name] = world.version(name, kind=Kind.ADAPTER, base=base, facts=FACTS)
    return found


def plan(world: World, extra: str = "", *, method: str = "tsv", by: str = "sam", **said: Any) -> PlanRead:
    body = MergeBody(yaml=RECIPE.format(method=method, extra=extra), **said)
    with world.database.read() as session:
        return service.read_plan(session, world.actor(by), body, settings=world.settings)


def order(world: World, extra: str = "", *, method: str = "tsv", by: str = "sam", **said: Any) -> Job:
    body = MergeBody(yaml=RECIPE.format(method=method, extra=extra), **{"model": "support/both", **said})
    with world.database.write() as session:
        return service.order_merge(session, world.actor(by), body)


def findings(found: PlanRead) -> dict[str, Finding]:
    return {each.code: each for each in found.findings}


def change(world: World, name: str, **said: object) -> None:
    with world.database.write() as session:
        version = catalog_queries.get_ref(session, name)
        for key, value in said.items():
            setattr(version, key, value)


def test_the_pinned_recipe_gives_the_same_plan_again(world: World, house: dict[str, Version]) -> None:
    found = plan(world, "model: support/both, rank: servable, title: Both", method="ties")
    parsed = recipe.parse(found.yaml)
    assert [str(each.version) for each in parsed.parents] == ["support/mail@1", "finance/books@1"]
    assert str(parsed.base) == "platform/base@1"
    world.version("support/mail", kind=Kind.ADAPTER, base=house["base"], facts=FACTS | {"rank": 2})
    with world.database.read() as session:
        again = service.read_plan(session, world.actor("sam"), MergeBody(yaml=found.yaml), settings=world.settings)
    ignored = {"memory_bytes", "findings"}
    assert again.model_dump(exclude=ignored) == found.model_dump(exclude=ignored)


def test_what_is_asked_for_beside_the_recipe_stands_in_the_pinned_one(world: World) -> None:
    found = plan(world, "model: finance/old", model="support/both", title="Both")
    block = recipe.parse(found.yaml).aird
    assert (block.child, block.title) == ("support/both", "Both")


def test_a_search_asked_for_beside_the_recipe_is_checked_as_one_in_it(world: World) -> None:
    space = SearchSpace(suites=["support/exam"], floors={"hr/exam": 0.5})
    with pytest.raises(RecipeRefused, match="not among the suites"):
        plan(world, search=space)


def test_a_sketch_tells_of_interference_before_anything_is_measured(world: World, house: dict[str, Version]) -> None:
    assert plan(world).interference == []
    with world.database.write() as session:
        for name, values in (("support/mail", (1.0, 0.0)), ("finance/books", (3.0, 4.0))):
            sketch = struct.pack("<1024f", *values, *([0.0] * 1022))
            session.add(AdapterSketch(version_id=house[name].id, base_id=house["base"].id, norm=2.0, sketch=sketch))
    [pair] = plan(world).interference
    assert (pair.one, pair.other, pair.exact, pair.overlap) == ("support/mail@1", "finance/books@1", False, None)
    assert pair.cosine == pytest.approx(0.6)


def test_an_adapter_that_the_merge_cannot_hold_stops_the_order_and_not_the_plan(world: World) -> None:
    change(world, "finance/books", facts=FACTS | {"features": ["dora"]})
    assert findings(plan(world))["dora"].level == "stop"
    with pytest.raises(PlanStops) as refusal:
        order(world)
    assert [each["code"] for each in refusal.value.params["findings"]] == ["dora"]
    assert refusal.value.status == 422
    assert findings(plan(world, "output: full"))["dora"].level == "stop"
    assert order(world, "output: full", method="task_arithmetic").spec["output"] == "full"


def test_a_whole_model_comes_out_as_large_as_its_base_and_says_how_exact(
    world: World, house: dict[str, Version]
) -> None:
    found = plan(world, "output: full", method="task_arithmetic")
    assert (found.output, found.bytes, found.parameters) == ("full", house["base"].bytes, house["base"].parameters)
    assert (found.exact, "rounded once to BF16" in found.statement) == (False, True)
    change(world, "platform/base", facts={"vocab_size": 300, "dtype": "F32", "shapes": SHAPES})
    again = plan(world, "output: full", method="task_arithmetic")
    assert again.exact
    assert again.statement.startswith("exact: ")


def test_a_whole_model_needs_the_bases_weights_as_well(world: World) -> None:
    with world.database.write() as session:
        books = catalog_queries.get_model(session, "finance/books")
        catalog_queries.get_model(session, "support/mail").gating = Gating.OPEN
        platform = auth_queries.get_department(session, "platform")
        access.grant_department(session, world.actor("omar"), books, platform)
    with world.database.write() as session:
        hr = auth_queries.get_department(session, "hr")
        base = catalog_queries.get_model(session, "platform/base")
        base.department_id = hr.id
    with pytest.raises(GatedModel):
        plan(world, "output: full", by="rui")
    assert plan(world, by="rui").output == "adapter"


def test_a_base_that_one_may_not_see_is_not_named(world: World) -> None:
    text = (
        RECIPE.format(method="tsv", extra="").replace("base_model: platform/base\n", "").replace("platform/base+", "")
    )
    with world.database.write() as session:
        books = catalog_queries.get_model(session, "finance/books")
        catalog_queries.get_model(session, "platform/base").visibility = Visibility.PRIVATE
        catalog_queries.get_model(session, "platform/base").department_id = world.department_id("hr")
        catalog_queries.get_model(session, "support/mail").gating = Gating.OPEN
        books.gating = Gating.OPEN
    with world.database.read() as session:
        found = service.read_plan(session, world.actor("rui"), MergeBody(yaml=text))
        shown = service.read_plan(session, world.actor("sam"), MergeBody(yaml=text))
    assert "platform/base" not in found.model_dump_json()
    assert found.base.startswith("sha256:")
    assert shown.base == "platform/base@1"


def test_grants_to_the_childs_department_open_the_weights(world: World) -> None:
    left = findings(plan(world, "model: support/both"))["weights_leave"]
    assert (left.level, left.params["owner"], left.params["department"]) == ("note", "finance", "support")
    with world.database.write() as session:
        books = catalog_queries.get_model(session, "finance/books")
        access.grant_department(session, world.actor("omar"), books, auth_queries.get_department(session, "support"))
    opened = findings(plan(world, "model: support/both"))["access_open"]
    assert opened.params["how"] == {"support/mail@1": "organisation", "finance/books@1": "granted"}


def test_licences_are_joined_and_the_childs_own_is_the_one_all_parents_have(world: World) -> None:
    for name in ("support/mail", "finance/books"):
        change(world, name, license="MIT", restrictions=["license:mit", "notice"])
    change(world, "platform/base", license="llama3")
    found = plan(world)
    assert (found.license, "license:llama3" in found.restrictions) == ("mit", True)
    assert order(world).spec["license"] == "mit"
    assert order(world, license="apache-2.0").spec["license"] == "apache-2.0"


def test_a_department_without_quota_left_is_told_before_the_work(world: World) -> None:
    assert "quota" not in findings(plan(world, "model: support/both"))
    with world.database.write() as session:
        auth_queries.get_department(session, "support").quota_bytes = 100
        session.flush()
    assert findings(plan(world, "model: support/both"))["quota"].level == "stop"
    with pytest.raises(PlanStops, match="may store"):
        order(world)


def test_endpoints_on_the_same_base_are_told(world: World, house: dict[str, Version]) -> None:
    assert plan(world).endpoints == []
    with world.database.write() as session:
        mail = catalog_queries.get_ref(session, "support/mail")
        endpoint = Endpoint(
            name="support", department_id=world.department_id("support"), title="S", created_by=None,
            latest_number=1, current_number=1,
        )  # fmt: skip
        session.add(endpoint)
        session.flush()
        session.add(
            Deployment(
                endpoint_id=endpoint.id,
                number=1,
                version=mail,
                digest=mail.artifact,
                action=Action.PROMOTED,
                created_by=None,
            )
        )
    [fit] = plan(world).endpoints
    assert (fit.endpoint, fit.fits) == ("support", True)


def test_a_plan_says_what_the_merge_would_take(world: World) -> None:
    found = plan(world)
    assert 0 < found.seconds < 60
    assert found.memory_bytes > 2**20
    assert found.watt_hours == pytest.approx(found.seconds / 3600 * 65, rel=0.01)
