"""The check before a rotation runs: what fits, what is worth knowing, what stops it, each with the fix. Pure.

Every finding has a code, which a screen translates by, and a message that says what, why and what to do. The codes:

ok       same_base same_tokenizer same_vocabulary same_modules access_open licences_compatible fits_endpoint
note     modules_missing weight_negative extras_summed rank_cut rank_padded licence_missing licence_unknown
         licence_use not_examined finish_offered own_words estimate_missing no_endpoint weights_leave
warning  weight_zero twins opposed overlapping quiet rank_beyond_engines energy_lost licence_share_alike
         licence_non_commercial licence_no_derivatives licence_lost weights_leave private_parent
         memory_short disk_short other_kind
stop     dora replaced_and_changed quota no_department

What cannot be read as a merge at all never comes here: the recipe, the catalog and the plan refuse it themselves.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from aird.core.schemas import Finding
from aird.merge.plan.licences import licence_findings, listed
from aird.merge.plan.merge_plan import SERVABLE_RANKS, servable_above
from aird.merge.plan.place import place_findings
from aird.merge.plan.situation import Opened, ParentState, Situation
from aird.merge.recipe.merge_recipe import SUMS
from aird.merge.schemas import EndpointFit, Kept, MeasureRead

TWINS = 0.9
"""From this cosine on two parents say the same, and a sum says it twice."""
OPPOSED = -0.2
"""Below this cosine two parents undo each other's work; an estimate hardly errs by 0.1."""
OVERLAPPING = 0.5
"""From this mean squared cosine of the principal angles on, two parents write into the same directions."""
QUIET = 0.01
"""A parent with less than this share of the summed squared norms is drowned by the others."""
ENERGY = 0.9
"""A rank that keeps less than this of the merged change loses what the parents know."""


def findings(found: Situation) -> list[Finding]:
    """Everything there is to say, what stops the merge first."""
    said = [
        *place_findings(found.child, found.child_department, found.child_latest, found.output),
        *_features(found),
        *_room(found),
        *_weights(found.parents),
        *_lying(found),
        *_rank(found),
        *_access(found),
        *licence_findings([each.licensed for each in found.parents], found.base, found.license),
        *_knowledge(found),
        *_same(found),
    ]
    order = ("stop", "warning", "note", "ok")
    return sorted(said, key=lambda each: order.index(each.level))


def fits(found: Situation) -> list[EndpointFit]:
    """Which of the endpoints on this base could serve the result."""
    rank, full = found.plan.result_rank, found.output == "full"
    reads = []
    for each in found.endpoints:
        if full:
            reason = "A whole model needs a process of its own, beside the one that answers now."
        elif rank > SERVABLE_RANKS[-1]:
            reason = f"aird's own runtime serves rank {rank}; vLLM stops at {SERVABLE_RANKS[-1]}."
        else:
            reason = "It answers from the same base: the result joins it, no model is loaded anew."
        reads.append(EndpointFit(endpoint=each.name, fits=True, reason=reason))
    return reads


def _finding(level: Literal["ok", "note", "warning", "stop"], code: str, message: str, **params: Any) -> Finding:
    return Finding(level=level, code=code, message=message, params=params)


def _sum_only(found: Situation) -> str:
    """What of the recipe is more than the plain sum in a whole model; empty when nothing is."""
    more = {
        f"merge_method: {found.plan.method}": found.plan.method not in SUMS,
        "rank": found.plan.rank is not None,
        "search": found.searched,
        "finish": found.finished,
    }
    return " and ".join(f"'{name}'" for name, there in more.items() if there)


def _features(found: Situation) -> Iterator[Finding]:
    saved = {module: parent.ref for parent in found.parents for module in parent.saved}
    beyond = _sum_only(found)
    for parent in found.parents if found.output == "adapter" or beyond else ():
        clash = next((module for module in sorted(parent.changed) if module in saved), None)
        if clash is not None:
            fix = "Write `aird: {output: full}`" if found.output == "adapter" else f"Take {beyond} out of the recipe"
            yield _finding(
                "stop",
                "replaced_and_changed",
                f"{clash} is replaced whole by {saved[clash]} and changed by factors in {parent.ref}, which no adapter "
                f"can hold; a whole model can hold their sum. {fix}, or leave one of the two out.",
                module=clash,
                one=saved[clash],
                other=parent.ref,
            )
            break
    for parent in found.parents:
        if "dora" in parent.features and found.output == "adapter":
            yield _finding(
                "stop",
                "dora",
                f"{parent.ref} is a DoRA adapter: it also rescales the base's own weights, which no sum of low-rank "
                f"changes can hold. Take a plain LoRA of it (`aird extract {parent.ref} --rank 16`), or write "
                "`aird: {output: full}`, where it is exact.",
                version=parent.ref,
            )
        elif "dora" in parent.features and beyond:
            yield _finding(
                "stop",
                "dora",
                f"{parent.ref} is a DoRA adapter: in a whole model what it changes can be added up, and nothing else "
                f"can be done with it. Take {beyond} out and write `merge_method: task_arithmetic`, or take a plain "
                f"LoRA of it (`aird extract {parent.ref} --rank 16`), with which all of this goes.",
                version=parent.ref,
            )
        extras = sorted({"lora_bias", "modules_to_save"} & set(parent.features))
        if extras:
            yield _finding(
                "note",
                "extras_summed",
                f"{parent.ref} has {' and '.join(extras)} beside its factors; they are added up by its weight, "
                "exactly. vLLM does not serve such an adapter; aird's own runtime does.",
                version=parent.ref,
                features=extras,
            )


def _room(found: Situation) -> Iterator[Finding]:
    needs, room = found.needs, found.room
    if room.quota is not None and needs.bytes > room.quota:
        yield _finding(
            "stop",
            "quota",
            f"The result takes about {needs.bytes} bytes and the department may store {max(room.quota, 0)} more. "
            "Delete models that nobody needs, ask an admin for a larger quota, or cut the rank.",
            needed=needs.bytes,
            left=max(room.quota, 0),
        )
    if room.memory is not None and needs.memory > room.memory:
        yield _finding(
            "warning",
            "memory_short",
            f"About {needs.memory} bytes of memory are needed at the peak and this machine has {room.memory}. Leave "
            "the search and the finish out, which hold the whole base, or have a larger worker do it.",
            needed=needs.memory,
            left=room.memory,
        )
    if room.disk is not None and needs.bytes * 2 > room.disk:  # once as it is made, once in the store
        yield _finding(
            "warning",
            "disk_short",
            f"About {needs.bytes * 2} bytes of disk are needed meanwhile and {room.disk} are free. Make room first.",
            needed=needs.bytes * 2,
            left=room.disk,
        )


def _weights(parents: Iterable[ParentState]) -> Iterator[Finding]:
    for parent in parents:
        if parent.weight == 0:
            yield _finding(
                "warning",
                "weight_zero",
                f"{parent.ref} has weight 0 and adds nothing, but would stand in the child's family tree. Give it a "
                "weight, or leave it out.",
                version=parent.ref,
            )
        elif parent.weight < 0:
            yield _finding(
                "note",
                "weight_negative",
                f"{parent.ref} has a weight below 0: what it learnt is taken away. Make sure that this is meant.",
                version=parent.ref,
                weight=parent.weight,
            )
        if parent.missing:
            yield _finding(
                "note",
                "modules_missing",
                f"{parent.ref} leaves {parent.missing} of the merged modules as they are in the base.",
                version=parent.ref,
                modules=parent.missing,
            )


def _lying(found: Situation) -> Iterator[Finding]:
    about = "" if found.measure else " (estimated)"
    for pair in found.interference:
        place = {"one": pair.one, "other": pair.other, "cosine": round(pair.cosine, 3), "exact": pair.exact}
        if pair.cosine >= TWINS:
            yield _finding(
                "warning",
                "twins",
                f"{pair.one} and {pair.other} change the base in nearly the same way, cosine {pair.cosine:.2f}{about}: "
                "a sum would say the same twice. Leave one out, or give both half the weight.",
                **place,
            )
        elif pair.cosine <= OPPOSED:
            yield _finding(
                "warning",
                "opposed",
                f"{pair.one} and {pair.other} pull in opposite directions, cosine {pair.cosine:.2f}{about}: each "
                "undoes some of the other's work. Take `tsv`, search the weights, or plan a finish.",
                **place,
            )
        if pair.overlap is not None and pair.overlap >= OVERLAPPING and found.plan.method != "tsv":
            yield _finding(
                "warning",
                "overlapping",
                f"{pair.one} and {pair.other} write into the same directions, overlap {pair.overlap:.2f}: they talk "
                "over one another. `tsv` keeps them apart.",
                overlap=round(pair.overlap, 3),
                **place,
            )
    for parent, share in zip(found.parents, found.shares or (), strict=False):
        if parent.weight and share < QUIET and len(found.parents) > 1:
            yield _finding(
                "warning",
                "quiet",
                f"{parent.ref} makes up {share:.2%} of the merged change: the others are louder by far. Raise its "
                "weight, or lower theirs.",
                version=parent.ref,
                share=share,
            )
    if found.measure is None and len(found.parents) > 1 and len(found.interference) < _pairs(len(found.parents)):
        yield _finding(
            "note",
            "estimate_missing",
            "Some parents are so new that nothing is known yet of how they lie to each other. Have it measured with "
            "`POST /api/v1/merges/measure`, or look again in a minute.",
        )


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _rank(found: Situation) -> Iterator[Finding]:
    rank, asked = found.plan.result_rank, found.plan.rank
    if found.output == "adapter" and rank > SERVABLE_RANKS[-1]:
        yield _finding(
            "warning",
            "rank_beyond_engines",
            f"Rank {rank} is more than vLLM serves, {SERVABLE_RANKS[-1]}. aird's own runtime takes it; for vLLM write "
            "`aird: {rank: servable}` or `output: full`.",
            rank=rank,
            most=SERVABLE_RANKS[-1],
        )
    elif found.output == "adapter" and rank not in SERVABLE_RANKS:
        yield _finding(
            "note",
            "rank_padded",
            f"Rank {rank} is served by vLLM with room for {servable_above(rank)}.",
            rank=rank,
            room=servable_above(rank),
        )
    if asked is None or asked >= found.plan.whole_rank:
        return
    kept = kept_at(found.measure, asked) if found.measure else None
    if kept is not None and kept.energy < ENERGY:
        yield _finding(
            "warning",
            "energy_lost",
            f"Rank {asked} keeps {kept.energy:.1%} of the merged change, and {kept.worst:.1%} in {kept.module}. "
            + (
                "The finish trains at this rank, and can bring back part of it."
                if found.finished
                else "Choose a higher rank, or plan a finish, which trains at this rank."
            ),
            rank=asked,
            energy=kept.energy,
            worst=kept.worst,
            module=kept.module,
        )
    else:
        share = f"keeps {kept.energy:.1%} of the merged change" if kept else "leaves out part of the merged change"
        yield _finding(
            "note",
            "rank_cut",
            f"Rank {asked} of {found.plan.whole_rank} {share}."
            + ("" if kept else " Have it measured to see how much each rank keeps."),
            rank=asked,
            whole=found.plan.whole_rank,
            energy=kept.energy if kept else None,
        )


_OPEN_TO_ONE: tuple[Opened, ...] = ("own", "organisation", "personal")


def kept_at(measure: MeasureRead, rank: int) -> Kept | None:
    """What a rank keeps: as measured, else out of the spectra where they reach so far."""
    known = next((each for each in measure.energies if each.rank == rank), None)
    modules = [each for each in measure.modules if each.norm > 0]
    if known is not None or measure.method == "ctm" or not modules:
        return known
    if any(len(each.spectrum) < min(rank, each.rank) for each in modules):
        return None
    shares = {each.module: min(1.0, sum(each.spectrum[:rank])) for each in modules}
    total = sum(each.norm**2 for each in modules)
    worst = min(shares, key=shares.__getitem__)
    energy = sum(each.norm**2 * shares[each.module] for each in modules) / total
    return Kept(rank=rank, energy=energy, worst=shares[worst], module=worst)


def _access(found: Situation) -> Iterator[Finding]:
    child = found.child_department
    closed = [each for each in found.parents if child and each.department != child and each.opened in _OPEN_TO_ONE]
    owners = {parent.department: [each for each in closed if each.department == parent.department] for parent in closed}
    for owner, theirs in owners.items():
        names = [each.ref for each in theirs]
        yield _finding(
            "note" if all(each.opened == "organisation" for each in theirs) else "warning",
            "weights_leave",
            f"The child would carry what {listed(names)} can do into {child}, and {owner} has not opened it to that "
            f"department. Ask its lead for a grant to {child}, or file the child in {owner}.",
            versions=names,
            owner=owner,
            department=child,
        )
    for parent in found.parents:
        if parent.private and parent.department != child:
            yield _finding(
                "warning",
                "private_parent",
                f"{parent.ref} is private to {parent.department}; the child's family tree would show others that it "
                "exists. File the child there, or make it private as well.",
                version=parent.ref,
                owner=parent.department,
            )
    if not closed:
        how = {parent.ref: parent.opened for parent in found.parents}
        yield _finding("ok", "access_open", "The owners of every parent let you build on its weights.", how=how)


def _knowledge(found: Situation) -> Iterator[Finding]:
    blind = [parent.ref for parent in found.parents if not parent.examined]
    if blind:
        yield _finding(
            "note",
            "not_examined",
            f"{listed(blind)} never sat an exam: nobody can tell afterwards what the merge kept of it. Examine it "
            "first.",
            versions=blind,
        )
    own = [parent for parent in found.parents if parent.words != "the base's"]
    if own:
        yield _finding(
            "note",
            "own_words",
            f"The parents bring {own[0].words} of their own; the child takes it over, and it has to be accepted there.",
            words=own[0].words,
        )
    if found.finish_offered is not None:
        yield _finding(
            "note",
            "finish_offered",
            "Questions of every parent are at hand: a finish of some minutes brings back most of what a merge loses. "
            "Write `aird: {finish: true}`.",
            finish=found.finish_offered,
        )
    if not found.endpoints:
        yield _finding("note", "no_endpoint", "No endpoint answers from this base yet; the result would need one.")


def _same(found: Situation) -> Iterator[Finding]:
    yield _finding(
        "ok",
        "same_base",
        "All parents stand on the same base, byte for byte.",
        base=found.base.ref,
        digest=found.plan.base,
    )
    yield _finding(
        "ok", "same_tokenizer", "All parents read and write with the same tokenizer.", sha256=found.tokenizer
    )
    if found.vocabulary is not None:
        size = found.vocabulary
        yield _finding("ok", "same_vocabulary", f"All parents know the base's {size} tokens, no more.", size=size)
    count = found.modules
    yield _finding("ok", "same_modules", f"The {count} changed modules have the same shapes.", modules=count)
    if found.endpoints:
        names = [each.name for each in found.endpoints]
        yield _finding(
            "ok", "fits_endpoint", f"{', '.join(names[:4])} could serve the result.", endpoints=names, count=len(names)
        )
