"""What Prometheus scrapes: counts out of the database, without names of people, departments or prompts."""

from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

import aird
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Version
from aird.core.db import Database
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job
from aird.metering.models import ComputeEntry, Status, UsageEntry


class HouseCollector(Collector):
    """Reads the database at every scrape, so that any number of servers tell the same."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterator[Metric]:
        """Nothing: the registry must not ask the database when it is made."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        yield InfoMetricFamily("aird", "The version of aird.", {"version": aird.__version__})
        with self._database.read() as session:
            jobs = _counts(session, select(Job.state, func.count()).group_by(Job.state))
            yield _by_label("aird_jobs", "Jobs by state.", "state", {each: jobs.get(each, 0) for each in JobState})
            versions = _counts(session, select(Version.state, func.count()).group_by(Version.state))
            found = {each: versions.get(each, 0) for each in VersionState}
            yield _by_label("aird_versions", "Versions by state.", "state", found)
            answers = _counts(session, select(UsageEntry.status, func.count()).group_by(UsageEntry.status))
            prompt, completion = session.execute(
                select(func.sum(UsageEntry.prompt_tokens), func.sum(UsageEntry.completion_tokens))
            ).one()
            held = session.execute(select(func.sum(ComputeEntry.milliseconds))).scalar_one()
        completions = CounterMetricFamily(
            "aird_completions", "Answers of endpoints by how they ended.", labels=["status"]
        )
        for status in Status:
            completions.add_metric([status], answers.get(status, 0))
        yield completions
        tokens = CounterMetricFamily("aird_tokens", "Tokens metered.", labels=["direction"])
        tokens.add_metric(["input"], int(prompt or 0))
        tokens.add_metric(["output"], int(completion or 0))
        yield tokens
        yield CounterMetricFamily("aird_job_seconds", "Time that jobs held their chips.", int(held or 0) / 1000)


def _counts(session: Session, query: Select[Any, int]) -> dict[Any, int]:
    return {row[0]: row[1] for row in session.execute(query)}


def _by_label(name: str, text: str, label: str, values: dict[JobState, int] | dict[VersionState, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


def house_registry(database: Database) -> CollectorRegistry:
    """A registry of one server's own."""
    registry = CollectorRegistry()
    registry.register(HouseCollector(database))
    return registry
