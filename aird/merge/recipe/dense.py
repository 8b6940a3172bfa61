"""A mergekit recipe for whole models: what it names, what the method makes of it, and who can carry it out. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aird.core.recipe_yaml import RecipeRefused, load_mapping
from aird.merge.mergekit.references import Input, rebuild
from aird.merge.recipe.dense_methods import METHODS, OURS, DenseMethod
from aird.merge.recipe.extension import Extension, read_extension

_words = ("tokenizer_source", "tokenizer", "chat_template")


@dataclass(frozen=True)
class Source:
    """A model in a group; `layers` is None where it gives all of them."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    layers: tuple[int, int] | None = None


@dataclass(frozen=True)
class Group:
    """What is merged with each other: the models, or the sources of one slice. `base` is among `sources`, or None."""

    key: str
    sources: tuple[Source, ...]
    base: str | None
    scopes: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class DenseRecipe:
    """A recipe as read. `inputs` are the models it names, by the name that stands for them in `config`."""

    method: DenseMethod
    inputs: Mapping[str, Input]
    base: str | None
    config: Mapping[str, Any]
    groups: tuple[Group, ...]
    aird: Extension
    notes: tuple[str, ...]

    @property
    def engine(self) -> Literal["dense", "mergekit"]:
        """Who does it: ourselves what we do as mergekit does, on whole models with their words as they are."""
        ours = self.method.name in OURS and "models" in self.config
        return "dense" if ours and not any(key in self.config for key in _words) else "mergekit"

    @property
    def own_vocabulary(self) -> bool:
        """Whether the result may have other tokens than the base."""
        source = self.config.get("tokenizer_source") or (self.config.get("tokenizer") or {}).get("source")
        return source not in (None, "base") or bool((self.config.get("tokenizer") or {}).get("tokens"))

    @property
    def aligns_tokens(self) -> bool:
        """Whether mergekit is told to bring the inputs' tokens together."""
        return "tokenizer_source" in self.config or "tokenizer" in self.config

    def weight(self, name: str) -> float | None:
        """The plain number an input counts with, None when it has none, or several."""
        found = set()
        for group in self.groups:
            for source in group.sources:
                if source.name == name:
                    found.add(_plain_weight(self.method, group, source))
        return found.pop() if len(found) == 1 else None


def parse(text: str | bytes) -> DenseRecipe:
    """The recipe in a YAML text; raises RecipeRefused for what could not be carried out as written."""
    content = load_mapping(text)
    method = METHODS.get(str(content.get("merge_method")))
    if method is None:
        raise RecipeRefused(
            f"The merge method '{str(content.get('merge_method'))[:40]}' is not known for whole models. Choose one of"
            f" {', '.join(sorted(METHODS))}.",
            reason="method_not_supported",
            key="merge_method",
        )
    inputs: dict[str, Input] = {}

    def refer(found: Input) -> str:
        inputs[str(found)] = found
        return str(found)

    config = rebuild(content, refer)
    groups = tuple(_groups(config, method))
    for group in groups:
        _check(group, method)
    extension = _extension(content.get("aird"))
    base = config.get("base_model")
    ordered = dict(sorted(inputs.items(), key=lambda each: each[0] == base))  # the base behind what is merged
    return DenseRecipe(method, ordered, base, config, groups, extension, tuple(_notes(config, method)))


def _groups(config: Mapping[str, Any], method: DenseMethod) -> Iterator[Group]:
    top = config.get("parameters") or {}
    parts = config.get("modules") or {"": config}
    for name, part in parts.items():
        scopes = (part.get("parameters") or {}, top) if name else (top,)
        key = f"modules.{name}." if name else ""
        base = config.get("base_model")
        if "models" in part:
            sources = [Source(each["model"], each.get("parameters") or {}) for each in part["models"]]
            if base is not None and base not in [each.name for each in sources]:
                sources.append(Source(base))  # mergekit adds it
            yield Group(f"{key}models", tuple(sources), None if method.base == "ignored" else base, scopes)
        for index, entry in enumerate(part.get("slices") or ()):
            pieces = tuple(
                Source(each["model"], each.get("parameters") or {}, tuple(each["layer_range"]))
                for each in entry["sources"]
            )
            base = None if method.base == "ignored" else entry.get("base_model") or config.get("base_model")
            yield Group(f"{key}slices[{index}]", pieces, base, (entry.get("parameters") or {}, *scopes))


def _check(group: Group, method: DenseMethod) -> None:
    """Hold a group against what the method takes, as mergekit does, before anything is fetched."""
    names = [each.name for each in group.sources]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RecipeRefused(f"'{twice}' is listed twice. Keep one entry.", reason="listed_twice", key=group.key)
    if method.base == "required" and group.base is None:
        raise RecipeRefused(
            f"'{method.name}' needs 'base_model': the version that the others were made from. Add it.",
            reason="no_base",
            key="base_model",
        )
    if group.base is not None and group.base not in names:
        raise RecipeRefused(
            f"{group.key} does not list the base model '{group.base}' among its sources. Add it there.",
            reason="no_base",
            key=group.key,
        )
    others = len(names) - (group.base is not None)
    counts = (len(names), method.least, method.most), (others, *method.others)
    for count, least, most in counts:
        if count < least or (most is not None and count > most):
            wanted = f"exactly {least}" if least == most else f"at least {least}" if most is None else f"at most {most}"
            raise RecipeRefused(
                f"{group.key}: '{method.name}' merges {wanted} models"
                f"{'' if method.others == (0, None) else ' besides the base'}; these are {count}.",
                reason="wrong_count",
                key=group.key,
            )
    _check_needed(group, method)


def _check_needed(group: Group, method: DenseMethod) -> None:
    for name in sorted(method.needed):
        if any(name in scope for scope in group.scopes):
            continue
        if name in method.shared:
            raise RecipeRefused(
                f"'{method.name}' needs the parameter '{name}'. Add 'parameters: {{{name}: 0.5}}' at the top level.",
                reason="no_weight",
                key=f"parameters.{name}",
            )
        for source in group.sources:
            if name not in source.parameters and not (name in method.changes and source.name == group.base):
                raise RecipeRefused(
                    f"{group.key}: '{source.name}' has no '{name}'. Add 'parameters: {{{name}: 1.0}}' to it, or one"
                    f" for all at the top level{'' if source.parameters else '; a base model is averaged in as well'}.",
                    reason="no_weight",
                    key=f"{group.key}.parameters.{name}",
                )


def _plain_weight(method: DenseMethod, group: Group, source: Source) -> float | None:
    if method.name == "slerp":
        t = next((scope["t"] for scope in group.scopes if "t" in scope), None)
        plain = t if isinstance(t, int | float) and not isinstance(t, bool) else None
        return None if plain is None else float(1 - plain if source.name == group.base else plain)
    scopes = (source.parameters, *group.scopes)
    found = next((scope["weight"] for scope in scopes if "weight" in scope), None)
    if source.name == group.base or isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found)


def _extension(value: Any) -> Extension:
    found = read_extension(value)
    for name in ("rank", "search", "finish", "prompts"):
        if getattr(found, name) not in (None, ()):
            raise RecipeRefused(
                f"aird.{name} is for adapters that are merged into an adapter; this recipe merges whole models."
                " Remove it.",
                reason="not_supported",
                key=f"aird.{name}",
            )
    if isinstance(value, dict) and value.get("output") == "adapter":
        raise RecipeRefused(
            "aird.output asks for an adapter, but whole models are merged into a whole model. Extract an adapter from"
            " the result with 'aird extract'.",
            reason="not_supported",
            key="aird.output",
        )
    return found


def _notes(config: Mapping[str, Any], method: DenseMethod) -> Iterator[str]:
    for name in sorted(_set_parameters(config) - method.parameters):
        yield f"'{name}' has no effect with '{method.name}' and is left out of account, as mergekit does."
    if "residual_weight" in str(config):
        yield "'residual_weight' has no effect in mergekit 0.1.5 and is left out of account."
    if method.random:
        yield f"'{method.name}' drops entries at random; the draw is fixed, so the same recipe gives the same result."


def _set_parameters(part: Any) -> set[str]:
    """The names of all parameters that are set anywhere."""
    if isinstance(part, list):
        return {name for each in part for name in _set_parameters(each)}
    if not isinstance(part, dict):
        return set()
    own = set(part.get("parameters") or ())
    return own | {name for key, each in part.items() if key != "parameters" for name in _set_parameters(each)}
