"""Shapes of lists at the API: what they are narrowed by."""

from pydantic import Field

from aird.core.schemas import Schema


class FacetValue(Schema):
    """One choice and how many models it leaves."""

    value: str
    count: int


class Facets(Schema):
    """The choices of each facet, the most frequent first. `cut`: only the first `models` models were counted."""

    models: int = 0
    cut: bool = False
    department: list[FacetValue] = Field(default_factory=list)
    kind: list[FacetValue] = Field(default_factory=list)
    state: list[FacetValue] = Field(default_factory=list)
    license: list[FacetValue] = Field(default_factory=list)
    base: list[FacetValue] = Field(default_factory=list)
    tag: list[FacetValue] = Field(default_factory=list)
    language: list[FacetValue] = Field(default_factory=list)
    skill: list[FacetValue] = Field(default_factory=list)
    size: list[FacetValue] = Field(default_factory=list)
