"""A recipe that was held against the catalog: the versions it names, what will come out, whose questions are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aird.catalog.models import Version
from aird.merge.plan.merge_plan import MergePlan, ParentFacts
from aird.merge.recipe import writing as recipe_writing
from aird.merge.recipe.merge_recipe import MergeRecipe
from aird.merge.schemas import MergeBody
from aird.merge.schemas_jobs import FinishUse, PromptUse, SuiteUse


@dataclass(frozen=True)
class Planned:
    """`facts` stand in the order of `parents`; `items` is how many items the suites have in all, `content` the recipe
    as YAML values, `named_base` the version that the recipe calls its base, None where it names none.
    """

    body: MergeBody
    content: dict[str, Any]
    recipe: MergeRecipe
    parents: Sequence[Version]
    facts: Sequence[ParentFacts]
    base: Version
    named_base: Version | None
    plan: MergePlan
    suites: list[SuiteUse]
    items: int
    prompts: list[PromptUse]
    finish: FinishUse | None

    @property
    def child(self) -> str | None:
        """The model that the result is filed under."""
        return self.body.model or self.recipe.aird.child

    @property
    def digests(self) -> list[str]:
        """The parents' bytes."""
        return [version.artifact for version in self.parents]

    @property
    def yaml(self) -> str:
        """The recipe with every version pinned, and with what was asked for beside it."""
        names = {
            str(each.version): version.ref for each, version in zip(self.recipe.parents, self.parents, strict=True)
        }
        names |= {str(version.id): version.ref for version in self.parents}
        if self.named_base is not None:
            bases = (self.recipe.base, *(each.base for each in self.recipe.parents))
            names |= {str(each): self.named_base.ref for each in bases if each is not None}
        return recipe_writing.pinned(
            self.content,
            names,
            model=self.body.model,
            title=self.body.title,
            search=self.body.search,
            prompts=self.prompts if self.recipe.aird.prompts else (),
            finish=self.finish,
        )
