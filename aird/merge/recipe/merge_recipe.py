"""A mergekit recipe, read for adapters: which versions are merged, by which method, with which weights.

A mergekit YAML for `linear`, `task_arithmetic` or `ties` over LoRA models is accepted as it is, with mergekit's
meaning:

- `linear` (arXiv 2203.05482) averages whole models, by default with weights divided by their sum. For
  adapters D_i of one base W that is W + sum(w_i D_i) / sum(w), where an entry that is the base itself counts
  in the sum of weights.
- `task_arithmetic` (arXiv 2212.04089) adds lambda * sum(w_i D_i); only with `normalize: true` divided by the
  sum of w.
- `ties` (arXiv 2306.01708) trims each parent to its `density`, elects signs and averages what agrees; aird does so in
  the adapters' common core space, mergekit on whole matrices.
- `tsv` (arXiv 2412.00081), `iso_c` (2502.04959), `knots_ties` (2410.19735), `ctm` (2606.03723) and `core_regmean`
  (2212.09849) are aird's own additions; see aird/merge/methods.

What mergekit has no word for stands in the block `aird:` (aird/merge/recipe/extension.py).

Everything else is refused by its name and with the reason: a key that aird skipped in silence would be a
merge that is not the one on the page.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from aird.catalog.names import VersionRef
from aird.core.recipe_yaml import RecipeRefused, load_mapping
from aird.merge.recipe.extension import Extension, read_extension
from aird.merge.recipe.references import read_reference
from aird.merge.recipe.values import finite, flag, only_known

Method = Literal["linear", "task_arithmetic", "ties", "tsv", "iso_c", "knots_ties", "ctm", "core_regmean"]
METHODS: tuple[Method, ...] = get_args(Method)
SUMS: frozenset[Method] = frozenset({"linear", "task_arithmetic"})
TRIMMING: frozenset[Method] = frozenset({"ties", "knots_ties"})
MAX_PARENTS = 64

_supported = f"aird merges adapters with {', '.join(repr(method) for method in METHODS)}."
_no_effect = frozenset({"int8_mask", "rescale"})
_refused_keys = {
    "slices": "it cuts models into layers, which needs whole models, not adapters. List the versions under 'models'",
    "modules": "it treats parts of a model apart, which needs whole models. List the versions under 'models'",
    "chat_template": "the merged adapter keeps its base's chat template, so that it answers as it was"
    " examined. Remove it",
    "out_dtype": "the merged adapter is stored in the precision the merge was computed in. Remove it",
}
_known_keys = (
    *("merge_method", "models", "base_model", "parameters", "dtype", "tokenizer_source", "tokenizer", "aird"),
    *_refused_keys,
)


@dataclass(frozen=True)
class Parent:
    """One adapter version that is merged; `base` is its base where the recipe says "base+adapter"."""

    version: VersionRef
    weight: float
    base: VersionRef | None = None
    density: float = 1.0


@dataclass(frozen=True)
class MergeRecipe:
    """A recipe as read. Weights are as written; `aird.merge.plan.merge_plan` makes the effective ones.

    `base_weight` is the weight of entries that are the base itself (only `linear` counts it), `scale` is
    mergekit's lambda, `aird` what the block of that name says.
    """

    method: Method
    parents: tuple[Parent, ...]
    base: VersionRef | None = None
    base_weight: float = 0.0
    normalize: bool = False
    scale: float = 1.0
    aird: Extension = field(default_factory=Extension)
    notes: tuple[str, ...] = ()


def parse(text: str | bytes) -> MergeRecipe:
    """The recipe in a YAML text; raises RecipeRefused for what could not be carried out as written."""
    return read(load_mapping(text))


def read(content: dict[str, Any]) -> MergeRecipe:
    """The recipe in what core.recipe_yaml made of its text; raises RecipeRefused."""
    only_known(content, _known_keys, "", _refused_keys)
    method = _method(content.get("merge_method"))
    shared = _parameters(content.get("parameters"), "parameters", method, with_shared=True)
    notes = [
        f"'{name}' has no effect with '{method}' and is left out of account."
        for name in sorted(_no_effect & set(shared))
    ]
    notes += _dtype_note(content.get("dtype"))
    _tokenizer(content)
    base = _base(content.get("base_model"))
    if base is None and method in ("task_arithmetic", "ties"):
        _require_bases(content, method)
    parents, base_weight = _models(content.get("models"), base, method, shared)
    return MergeRecipe(
        method=method,
        parents=parents,
        base=base or next((p.base for p in parents if p.base), None),
        base_weight=base_weight,
        normalize=flag(shared.get("normalize", method in ("linear", *TRIMMING)), "parameters.normalize"),
        scale=finite(shared.get("lambda", 1.0), "parameters.lambda"),
        aird=read_extension(content.get("aird")),
        notes=tuple(notes),
    )


def _method(value: Any) -> Method:
    if value is None:
        raise RecipeRefused(f"'merge_method' is missing. {_supported}", reason="no_method", key="merge_method")
    for method in METHODS:
        if value == method:
            return method
    name = str(value)[:40]
    raise RecipeRefused(
        f"The merge method '{name}' is not supported. {_supported} Choose one of these.",
        reason="method_not_supported",
        key="merge_method",
    )


def _base(value: Any) -> VersionRef | None:
    if value is None:
        return None
    model, lora = read_reference(value, "base_model")
    if lora is not None:
        raise RecipeRefused(
            "base_model is a base with an adapter on it; aird adds adapters to a plain base only. Name the base alone.",
            reason="base_with_adapter",
            key="base_model",
        )
    return model


def _require_bases(content: dict[str, Any], method: Method) -> None:
    """mergekit asks for `base_model`; a recipe that writes "base+adapter" has named the base as well."""
    models = content.get("models")
    entries = models if isinstance(models, list) else []
    if any(_names_a_base(e) for e in entries):
        return
    raise RecipeRefused(
        f"'{method}' needs 'base_model': the version all adapters were trained on. Add it.",
        reason="no_base",
        key="base_model",
    )


def _names_a_base(entry: Any) -> bool:
    model = entry.get("model") if isinstance(entry, dict) else None
    return "+" in model if isinstance(model, str) else isinstance(model, dict) and model.get("lora") is not None


def _models(
    value: Any, base: VersionRef | None, method: Method, shared: dict[str, Any]
) -> tuple[tuple[Parent, ...], float]:
    if not isinstance(value, list) or not value:
        raise RecipeRefused(
            "'models' must list the versions to merge, for example '- model: support/answers@3'.",
            reason="no_models",
            key="models",
        )
    if len(value) > MAX_PARENTS:
        raise RecipeRefused(
            f"'models' lists {len(value)} versions; at most {MAX_PARENTS} are merged at once. Merge in two steps.",
            reason="too_many_models",
            key="models",
        )
    parents: list[Parent] = []
    base_weight, base_listed = 0.0, False
    for index, entry in enumerate(value):
        key = f"models[{index}]"
        if not isinstance(entry, dict) or "model" not in entry:
            raise RecipeRefused(f"{key} needs 'model: department/model@number'.", reason="no_model", key=key)
        only_known(entry, ("model", "parameters"), key, {})
        model, lora = read_reference(entry["model"], f"{key}.model")
        own = _parameters(entry.get("parameters"), f"{key}.parameters", method, with_shared=False)
        is_base = lora is None and model == base
        weight = _weight(own, shared, method, key, optional=is_base and method != "linear")
        if is_base:
            base_listed, base_weight = True, weight
        else:
            density = _density(own, shared, key)
            parents.append(Parent(lora or model, weight, model if lora else None, density))
    if method == "linear" and base is not None and not base_listed and "weight" in shared:
        # mergekit adds an unlisted base_model to the average, with the weight that holds for all.
        base_weight = finite(shared["weight"], "parameters.weight")
    _check_parents(parents, base)
    return tuple(parents), base_weight


def _check_parents(parents: list[Parent], base: VersionRef | None) -> None:
    if not parents:
        raise RecipeRefused(
            "'models' names only the base; there is no adapter to merge. Add the versions to merge.",
            reason="no_models",
            key="models",
        )
    seen: set[VersionRef] = set()
    for parent in parents:
        if parent.version in seen:
            raise RecipeRefused(
                f"'{parent.version}' is listed twice; mergekit would count it once. Keep one entry with the"
                " weight you want.",
                reason="listed_twice",
                key="models",
            )
        seen.add(parent.version)
    bases = {b for b in (base, *(p.base for p in parents)) if b is not None}
    if len(bases) > 1:
        names = ", ".join(f"'{b}'" for b in sorted(bases, key=str))
        raise RecipeRefused(
            f"The recipe names different bases: {names}. Adapters can be merged only on one base, and the"
            " same one must be written everywhere.",
            reason="different_bases",
            key="models",
        )


def _parameters(value: Any, key: str, method: Method, *, with_shared: bool) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RecipeRefused(f"{key} must be a mapping such as 'weight: 0.5'.", reason="bad_value", key=key)
    refused = {}
    if method == "linear":
        refused["lambda"] = "mergekit's 'linear' does not know it. Use 'task_arithmetic', or scale the weights"
    shared = ("normalize", "lambda", *sorted(_no_effect)) if with_shared else ()
    if not with_shared:
        whole = "it holds for the whole merge. Move it to the top-level 'parameters'"
        refused |= {"normalize": whole, "lambda": whole}
    only_known(value, ("weight", "density", *shared), key, refused)
    if method not in TRIMMING and "density" in value and finite(value["density"], f"{key}.density") != 1.0:
        raise RecipeRefused(
            f"{key}.density drops part of each adapter, which '{method}' does not do. Remove it or set it to 1.",
            reason="not_supported",
            key=f"{key}.density",
        )
    for name in _no_effect & set(value):
        flag(value[name], f"{key}.{name}")
    return value


def _weight(own: dict[str, Any], shared: dict[str, Any], method: Method, key: str, *, optional: bool) -> float:
    if "weight" in own:
        return finite(own["weight"], f"{key}.parameters.weight")
    if "weight" in shared:
        return finite(shared["weight"], "parameters.weight")
    if optional or method not in (*SUMS, "ties"):
        return 1.0
    raise RecipeRefused(
        f"{key} has no weight. Add 'parameters: {{weight: 1.0}}' to it, or one for all at the top level.",
        reason="no_weight",
        key=f"{key}.parameters.weight",
    )


def _density(own: dict[str, Any], shared: dict[str, Any], key: str) -> float:
    """What a method that trims keeps of this parent; everything, as in mergekit, unless it says so."""
    inside, where = (own, f"{key}.parameters.density") if "density" in own else (shared, "parameters.density")
    density = finite(inside.get("density", 1.0), where)
    if not 0 < density <= 1:
        raise RecipeRefused(
            f"{where} is the share of the adapter that is kept: above 0, at most 1.", reason="bad_value", key=where
        )
    return density


def _dtype_note(value: Any) -> list[str]:
    if value is None:
        return []
    if value not in ("float16", "bfloat16", "float32", "float64"):
        raise RecipeRefused(
            f"dtype {str(value)[:40]!r} is not known. Use float32, bfloat16 or float16, or remove it.",
            reason="bad_value",
            key="dtype",
        )
    return [f"dtype '{value}' is mergekit's for a whole model; adapters are merged in their own, higher precision."]


def _tokenizer(content: dict[str, Any]) -> None:
    source = content.get("tokenizer_source")
    tokenizer = content.get("tokenizer")
    if source is not None and tokenizer is not None:
        raise RecipeRefused(
            "'tokenizer_source' and 'tokenizer' exclude each other. Remove both: the base's tokenizer is used.",
            reason="bad_value",
            key="tokenizer",
        )
    if source not in (None, "base") or tokenizer not in (None, {"source": "base"}):
        key = "tokenizer_source" if tokenizer is None else "tokenizer"
        raise RecipeRefused(
            f"{key} asks for another tokenizer than the base's. Adapters fit their base's tokenizer only:"
            " write 'tokenizer_source: base' or remove it.",
            reason="tokenizer",
            key=key,
        )
