"""The `aird:` block of a recipe: where the child goes, its rank and form, what is searched and what follows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

from pydantic import ValidationError

from aird.catalog.names import NameRefused, check_name
from aird.core.recipe_yaml import RecipeRefused
from aird.merge.recipe import questions as recipe_finish
from aird.merge.recipe.questions import Finish, Prompts
from aird.merge.recipe.values import MAX_RANK, only_known
from aird.merge.schemas import SearchSpace

MAX_TITLE = 128

_suite = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}(/[a-z0-9][a-z0-9._-]{0,62})?(@[1-9][0-9]{0,8})?", re.ASCII)
_known = ("model", "title", "rank", "output", "prompts", "search", "finish")


@dataclass(frozen=True)
class Extension:
    """What a recipe says beyond mergekit's words.

    `child` is the model under which the result is filed. `rank` is the rank to cut the result to: a number, the word
    "servable" for the largest that engines serve of what there is, None to keep all.
    """

    child: str | None = None
    title: str | None = None
    rank: int | Literal["servable"] | None = None
    output: Literal["adapter", "full"] = "adapter"
    prompts: tuple[Prompts, ...] = ()
    search: SearchSpace | None = None
    finish: Finish | None = None


def read_extension(value: Any) -> Extension:
    """The block as read; raises RecipeRefused."""
    if value is None:
        return Extension()
    if not isinstance(value, dict):
        raise RecipeRefused("'aird' must be a mapping such as 'model: support/merged'.", reason="bad_value", key="aird")
    only_known(value, _known, "aird", {})
    return Extension(
        child=_child(value.get("model")),
        title=_title(value.get("title")),
        rank=_rank(value.get("rank")),
        output=_output(value.get("output")),
        prompts=recipe_finish.read_prompts(value.get("prompts"), "aird.prompts"),
        search=read_search(value.get("search")),
        finish=recipe_finish.read_finish(value.get("finish"), "aird.finish"),
    )


def _child(value: Any) -> str | None:
    try:
        return value if value is None else check_name(str(value))
    except NameRefused as error:
        raise RecipeRefused(f"aird.model: {error.message}", reason="bad_reference", key="aird.model") from None


def _title(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and value.isprintable() and 0 < len(value.strip()) <= MAX_TITLE):
        return value
    raise RecipeRefused(
        f"aird.title must be one line of text of at most {MAX_TITLE} characters.", reason="bad_value", key="aird.title"
    )


def _rank(value: Any) -> int | Literal["servable"] | None:
    if value is None:
        return None
    if value == "servable":
        return "servable"
    if type(value) is int and 1 <= value <= MAX_RANK:
        return value
    raise RecipeRefused(
        f"aird.rank must be a whole number from 1 to {MAX_RANK}, or 'servable' for the largest that engines serve.",
        reason="bad_value",
        key="aird.rank",
    )


def _output(value: Any) -> Literal["adapter", "full"]:
    if value is None or value == "adapter":
        return "adapter"
    if value == "full":
        return "full"
    raise RecipeRefused(
        f"aird.output is {str(value)[:40]!r}. Write 'adapter', or 'full' for a whole model with the merge in its base.",
        reason="bad_value",
        key="aird.output",
    )


def read_search(value: Any) -> SearchSpace | None:
    """The search as read; raises RecipeRefused with the place of the first value that is wrong."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise RecipeRefused("aird.search must be a mapping.", reason="bad_value", key="aird.search")
    only_known(value, tuple(SearchSpace.model_fields), "aird.search", {})
    _names_suites(value)
    try:
        found = SearchSpace.model_validate({key: each for key, each in value.items() if each is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        key = ".".join(("aird.search", *(str(part) for part in first["loc"])))
        raise RecipeRefused(f"{key}: {first['msg'][:200]}.", reason="bad_value", key=key[:200]) from None
    return checked(found)


def checked(space: SearchSpace) -> SearchSpace:
    """The same search where its lists go together; raises RecipeRefused."""
    for name in ("methods", "scales", "densities", "ranks", "suites"):
        items = getattr(space, name)
        if len(set(items)) != len(items):
            raise RecipeRefused(
                f"aird.search.{name} lists a value twice; every candidate is tried once. Keep one.",
                reason="bad_value",
                key=f"aird.search.{name}",
            )
    strange = sorted(set(space.floors) - set(space.suites))
    if strange:
        raise RecipeRefused(
            f"aird.search.floors has '{strange[0][:40]}', which is not among the suites. Add it to 'suites', or remove "
            "it.",
            reason="bad_reference",
            key="aird.search.floors",
        )
    return space


def _names_suites(value: Mapping[str, Any]) -> None:
    floors, suites = value.get("floors") or {}, value.get("suites")
    if suites is None:
        raise RecipeRefused(
            "aird.search needs 'suites': the exams whose development split the candidates are compared on.",
            reason="no_suites",
            key="aird.search.suites",
        )
    for key, names in (("suites", suites), ("floors", floors)):
        for name in names if isinstance(names, list | dict) else ():
            if not _is_suite(name):
                raise RecipeRefused(
                    f"aird.search.{key}: {str(name)[:40]!r} is not the name of a suite.",
                    reason="bad_reference",
                    key=f"aird.search.{key}",
                )


def _is_suite(name: Any) -> TypeGuard[str]:
    return isinstance(name, str) and _suite.fullmatch(name) is not None
