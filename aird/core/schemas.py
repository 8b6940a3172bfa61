"""Shapes that every slice's API shapes are made of."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

Item = TypeVar("Item")


class Schema(BaseModel):
    """A shape that crosses the API: unknown fields are refused, objects are read by attribute."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Page(Schema, Generic[Item]):
    """One page of a list; `next` is the cursor of the following page, None on the last."""

    items: list[Item]
    next: str | None = None


class Problem(BaseModel):
    """An error as RFC 9457 problem+json, with a stable `code` to branch on and translate by."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    params: dict[str, object] = {}
