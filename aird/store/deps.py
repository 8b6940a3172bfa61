"""What a route may ask for: the store of the application."""

from typing import Annotated

from fastapi import Depends, Request

from aird.store.artifacts import Store


def store_of(request: Request) -> Store:
    """The store the application was made with."""
    found: Store = request.app.state.store
    return found


CurrentStore = Annotated[Store, Depends(store_of)]
