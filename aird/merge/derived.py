"""Versions made from one other: extracted, baked, quantised, exported. What can be asked for is checked here."""

import json
from typing import Any

from sqlalchemy.orm import Session

from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import access, files
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.models import Kind, Version, Visibility
from aird.catalog.names import SLUG_LENGTH
from aird.jobs import service as jobs
from aird.jobs.estimates import suited
from aird.jobs.models import Job
from aird.merge.errors import NoPlaceForChild, NotDerivable
from aird.merge.schemas import BakeBody, ExportBody, ExtractBody, QuantizeBody
from aird.merge.schemas_jobs import DerivedJob
from aird.runtimes.edge import knows
from aird.store.artifacts import Store


def order_extraction(session: Session, actor: Actor, body: ExtractBody) -> Job:
    """Queue an extraction. Raises NotDerivable, NoPlaceForChild, VersionNotFound, NotPermitted."""
    version = _source(session, actor, body.version)
    if version.kind is Kind.ADAPTER:
        base = _base_of_adapter(session, actor, version, body.base)
    else:
        base = _base_of_model(session, actor, version, body.base)
    options = {"rank": body.rank, "energy": 1.0 if body.rank else body.energy}
    recipe = {"kind": "Extract", "version": version.ref, "base": base.ref, **options}
    return _order(session, actor, "extract", version, base, body, recipe, options, suffix="lora")


def order_baking(session: Session, actor: Actor, body: BakeBody) -> Job:
    """Queue a baking. Raises as order_extraction."""
    version = _source(session, actor, body.version)
    if version.kind is not Kind.ADAPTER:
        raise NotDerivable(f"{version.ref} is a whole model already. Name an adapter, to put it into its base.")
    base = _base_of_adapter(session, actor, version, None)
    recipe = {"kind": "Bake", "version": version.ref, "base": base.ref}
    return _order(session, actor, "bake", version, base, body, recipe, {}, suffix="whole")


def order_quantization(session: Session, actor: Actor, body: QuantizeBody) -> Job:
    """Queue a quantisation. Raises as order_extraction."""
    version = _source(session, actor, body.version)
    if version.kind is Kind.ADAPTER:
        raise NotDerivable(
            f"{version.ref} is an adapter; whole models are quantised. Put it into its base with `aird bake` first."
        )
    options = {"format": body.format}
    recipe = {"kind": "Quantize", "version": version.ref, **options}
    return _order(session, actor, "quantize", version, None, body, recipe, options, suffix=body.format)


def order_export(session: Session, actor: Actor, body: ExportBody, *, store: Store) -> Job:
    """Queue an export for an edge runtime. Raises as order_extraction."""
    version = _source(session, actor, body.version)
    base = _base_of_adapter(session, actor, version, None) if version.kind is Kind.ADAPTER else None
    said = knows.refusals(*_text_files(store, version, base or version))
    if said:
        raise NotDerivable(f"{version.ref} cannot be exported. {' '.join(said)}")
    options = {"format": knows.FORMAT, "weights": body.weights.value}
    recipe = {"kind": "Export", "version": version.ref, **({"base": base.ref} if base else {}), **options}
    return _order(session, actor, "export", version, base, body, recipe, options, suffix=knows.FORMAT)


def _text_files(store: Store, version: Version, base: Version) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """(config.json, tokenizer.json) of the whole model; an adapter's own words count before its base's."""
    config = files.text_reader(store, base.artifact)("config.json")
    own = (files.text_reader(store, each.artifact)("tokenizer.json") for each in (version, base))
    words = next((each for each in own if each is not None), None)
    return json.loads(config or b"{}"), json.loads(words) if words is not None else None


def _order(
    session: Session,
    actor: Actor,
    verb: str,
    version: Version,
    base: Version | None,
    body: ExtractBody | BakeBody | QuantizeBody | ExportBody,
    recipe: dict[str, Any],
    options: dict[str, Any],
    *,
    suffix: str,
) -> Job:
    name = body.model or f"{version.model.name}-{suffix}"
    if len(name.partition("/")[2]) > SLUG_LENGTH:
        raise NoPlaceForChild(
            f"{name} is too long for a name. Say where the version is filed: `--model department/name`."
        )
    # What is the same in another form is no more public than what it was; the name alone would tell of it.
    visibility = version.model.visibility
    title = body.title or f"{verb.title()} {name if visibility is Visibility.PRIVATE else version.ref}"
    model = catalog.model_for_output(session, actor, name, title, visibility=visibility)
    auth.require(actor, Permission.RUN_JOBS, model.department_id)
    spec = DerivedJob(
        model_id=model.id,
        version_id=version.id,
        base_id=base.id if base else None,
        options=options,
        license=version.license,
        notes=body.notes,
        recipe=recipe,
    )
    needs, department = suited(session), model.department_id
    return jobs.enqueue(session, actor, f"merge.{verb}", spec, title=title, department_id=department, needs=needs)


def _source(session: Session, actor: Actor, ref: str) -> Version:
    """A version that may be used and whose weights were looked at."""
    version = access.get_ref(session, actor, ref)
    access.require_weights(session, actor, version.model)
    out = catalog_queries.out_of_use(session, version)
    if out is not None:
        raise NotDerivable(
            f"{access.base_name(actor, version, out)} is {out.state}; nothing is made from it. Choose another version."
        )
    if version.facts.get("quantization"):
        what = "an edge export" if version.facts.get("format") else "quantised"
        raise NotDerivable(f"{version.ref} is {what}. Use the version that it was made from.")
    if "shapes" not in version.facts:
        raise NotDerivable(f"{version.ref} was filed without a look into its weights. File it again.")
    return version


def _base_of_adapter(session: Session, actor: Actor, version: Version, named: str | None) -> Version:
    base = catalog_queries.base_of(session, version)
    access.require_base_weights(session, actor, version, base)
    if named is not None and access.get_ref(session, actor, named).artifact != base.artifact:
        raise NotDerivable(f"{version.ref} is an adapter for {base.ref}, not for {named}. Leave the base out.")
    return base


def _base_of_model(session: Session, actor: Actor, version: Version, named: str | None) -> Version:
    """The base that a whole model was tuned from, by name or as the catalog knows it."""
    if named is None:
        base = catalog_queries.origin_of(session, version)
        if base is None:
            raise NotDerivable(f"The catalog does not know what {version.ref} was tuned from. Name it with `--base`.")
        base = catalog_queries.base_of(session, base)
        access.require_base_weights(session, actor, version, base)
        named = base.ref
    base = _source(session, actor, named)
    if base.kind is Kind.ADAPTER:
        raise NotDerivable(f"{base.ref} is an adapter; a fine-tune is held against the whole model it came from.")
    if base.artifact == version.artifact:
        raise NotDerivable(f"{version.ref} and its base are the same bytes, so there is no change to extract.")
    different = _differences(version.facts, base.facts)
    if different:
        raise NotDerivable(
            f"{version.ref} and {base.ref} differ in {different}, so one was not tuned from the other. Name the right "
            "base with `--base`."
        )
    return base


def _differences(one: dict[str, Any], other: dict[str, Any]) -> str:
    if one.get("architecture") != other.get("architecture"):
        return "their architecture"
    if one.get("vocab_size") != other.get("vocab_size"):
        return "the size of their vocabulary"
    return "" if one["shapes"] == other["shapes"] else "the shapes of their modules"
