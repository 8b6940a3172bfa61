"""What Prometheus scrapes."""

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from aird.server.app import create_app
from aird.testing import World


def scraped(world: World) -> dict[tuple[str, str], float]:
    """Every sample by its name and its one label's value."""
    with TestClient(create_app(world.settings, world.database, world.store, reconcile=False)) as client:
        text = client.get("/metrics").text
    families = text_string_to_metric_families(text)
    return {(each.name, "".join(each.labels.values())): each.value for one in families for each in one.samples}


def test_a_scrape_counts_what_is_in_the_house(world: World) -> None:
    assert scraped(world)["aird_versions", "draft"] == 0
    world.version("support/bot")
    found = scraped(world)
    assert found["aird_versions", "draft"] == 1
    assert found["aird_tokens_total", "input"] == 0
    assert ("aird_jobs", "queued") in found
