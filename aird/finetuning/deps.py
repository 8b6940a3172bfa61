"""What a route of the facade may ask for."""

from typing import Annotated

from fastapi import Header

from aird.auth.deps import permit
from aird.auth.permissions import Actor, Permission

Reader = Annotated[Actor, permit(Permission.READ_DATASETS)]
Watcher = Annotated[Actor, permit(Permission.READ_JOBS)]
Writer = Annotated[Actor, permit(Permission.WRITE_DATASETS)]
Trainer = Annotated[Actor, permit(Permission.RUN_JOBS)]
Project = Annotated[str | None, Header(alias="openai-project", max_length=64)]
