"""Order mentorings, and tell before what they would take: who teaches whom, how, and what stands against it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import licences
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.models import Kind, Version
from aird.core.errors import AirdError
from aird.core.schemas import Finding
from aird.core.settings import Settings
from aird.datasets import queries as dataset_queries
from aird.datasets.splits import DatasetFormat
from aird.jobs import estimates as job_estimates
from aird.jobs import peaks
from aird.jobs import service as jobs
from aird.jobs.models import Job
from aird.store.artifacts import Store
from aird.training import checks, costs, estimates, estimates_distill, teachers
from aird.training.errors import NotTrainable, TeachersDiffer
from aird.training.estimates import Body
from aird.training.estimates_distill import Cost, TeacherSize
from aird.training.recipe import DistillSpec
from aird.training.schemas import DatasetUse, DistillJob, TeacherUse
from aird.training.schemas_mentoring import DistillationEstimate, TeacherEstimate, Way
from aird.training.settings_distill import DistillSettings

MANY_EPOCHS = 50


@dataclass(frozen=True)
class Lecture:
    """A teacher, the whole model it needs, and the prompts that it speaks to."""

    teacher: Version
    base: Version
    use: DatasetUse
    items: int
    format: DatasetFormat


@dataclass(frozen=True)
class Mentorship:
    """Everybody of a recipe, with what stands against it."""

    student: Version
    base: Version
    lectures: list[Lecture]
    stops: list[AirdError]


def order(
    session: Session, actor: Actor, spec: DistillSpec, *, store: Store | None = None, settings: Settings | None = None
) -> Job:
    """Queue a mentoring. With the `store` and the house's `settings` it is estimated before, which can refuse it.

    Raises the catalog's and the datasets' NotFound, NotTrainable, TeachersDiffer, NotPermitted.
    """
    model = catalog.model_for_output(session, actor, spec.model, spec.title or spec.model)
    auth.require(actor, Permission.RUN_JOBS, model.department_id)
    found = check(session, actor, spec)
    if found.stops:
        raise found.stops[0]
    told = _estimate(session, spec, found, store, settings) if store and settings else None
    for each in told.findings if told else ():
        if each.level == "stop":
            raise NotTrainable(each.message, finding=each.code, **each.params)
    job = DistillJob(
        model_id=model.id,
        student_id=found.student.id,
        teachers=[TeacherUse(version_id=each.teacher.id, prompts=each.use) for each in found.lectures],
        settings=spec.settings.model_dump(mode="json"),
        recipe={
            "apiVersion": "aird/v1",
            "kind": "Distill",
            "spec": spec.model_dump(mode="json", exclude_defaults=True),
        },
        license=spec.license,
        notes=spec.notes,
    )
    return jobs.enqueue(
        session,
        actor,
        "training.distill",
        job,
        title=spec.title or f"Mentor {model.name}",
        department_id=model.department_id,
        needs=told.needs if told else spec.needs,
        estimate=told.estimate if told else None,
    )


def estimate(
    session: Session, actor: Actor, spec: DistillSpec, *, store: Store, settings: Settings
) -> DistillationEstimate:
    """What a mentoring would take; nothing is ordered, and no model made. Raises NotFound and NotPermitted."""
    department = auth_queries.get_department(session, spec.model.partition("/")[0])
    auth.require(actor, Permission.RUN_JOBS, department.id)
    return _estimate(session, spec, check(session, actor, spec), store, settings)


def check(session: Session, actor: Actor, spec: DistillSpec) -> Mentorship:
    """Who takes part, each with the actor's right to use it. What can be mended stands in `stops`."""
    student = checks.trainable(checks.usable(session, actor, spec.student))
    lectures = []
    for each in spec.teachers:
        teacher = checks.usable(session, actor, each.version)
        use = checks.dataset_use(session, actor, each.dataset, each.split, each.limit)
        data = dataset_queries.get_ref(session, each.dataset)
        count = int(data.splits[each.split])
        lectures.append(
            Lecture(
                teacher,
                catalog_queries.base_of(session, teacher),
                use,
                min(count, each.limit or count),
                DatasetFormat(data.formats[each.split]),
            )
        )
    found = Mentorship(student, catalog_queries.base_of(session, student), lectures, [])
    found.stops.extend(_against(session, found, spec.settings))
    return found


def way_of(session: Session, student: Version, teacher: Version) -> Way:
    """The closest way in which the teacher can speak to the student."""
    if checks.tokenizer(session, teacher) != checks.tokenizer(session, student):
        return "text"
    same = catalog_queries.base_of(session, teacher).artifact == catalog_queries.base_of(session, student).artifact
    return "same_base" if same else "same_tokenizer"


def logits_refusal(session: Session, student: Version, teacher: Version) -> str | None:
    """Why their probabilities cannot be compared token by token; None when they can."""
    one, other = (catalog_queries.base_of(session, each) for each in (teacher, student))
    if checks.tokenizer(session, teacher)[0] != checks.tokenizer(session, student)[0]:
        return "have different tokenizers"
    if way_of(session, student, teacher) == "text":
        return "speak with different chat templates or added tokens"
    sizes = [each.facts.get("vocab_size") for each in (one, other)]
    if None not in sizes and sizes[0] != sizes[1]:
        return f"have {sizes[0]} and {sizes[1]} logits"
    return None


def _against(session: Session, found: Mentorship, settings: DistillSettings) -> list[AirdError]:
    stops: list[AirdError] = []
    for each in found.lectures:
        why = None if settings.answers == "text" else logits_refusal(session, found.student, each.teacher)
        if why is not None:
            stops.append(
                TeachersDiffer(
                    f"{each.teacher.ref} and {found.student.ref} {why}, so their probabilities cannot be compared "
                    "token by token. Choose versions of one family, or `answers: text`: the student then learns from "
                    "what its teacher writes.",
                    teacher=each.teacher.ref,
                    student=found.student.ref,
                )
            )
        if settings.answers == "given" and each.format is DatasetFormat.PROMPT:
            stops.append(
                NotTrainable(
                    f"{each.use.ref} has no answers in its split {each.use.split!r}, which the teacher is to score. "
                    "Let the teacher answer itself (`answers: generate`), or choose another split.",
                    split=each.use.split,
                )
            )
    if settings.student == "full" and found.student.kind is Kind.ADAPTER:
        stops.append(
            NotTrainable(
                f"{found.student.ref} is an adapter: a student of kind `full` is a whole model. "
                "Name a whole model as student, or set `student: adapter`."
            )
        )
    return stops


def _estimate(
    session: Session, spec: DistillSpec, found: Mentorship, store: Store, settings: Settings
) -> DistillationEstimate:
    body = _student_body(found, spec.settings)
    sizes = [_size(session, store, found, each, spec.settings) for each in found.lectures]
    kind, architecture = "training.distill", str(found.base.facts.get("architecture") or "")

    def memory(chip: str) -> int:
        ruled = estimates_distill.cost(body, sizes, spec.settings, chip=chip, threads=settings.job_threads).memory
        return peaks.expected(session, kind, ruled, chip=chip, architecture=architecture).memory

    needs = costs.wanted(session, spec.needs, memory, 1)
    chip = peaks.chip_of(needs)
    took = estimates_distill.cost(body, sizes, spec.settings, chip=chip, threads=settings.job_threads)
    rule = costs.rule_of(took.flop, took.seconds, took.memory, needs, chip, settings.chip_watts)
    stage = spec.settings.on_policy
    return DistillationEstimate(
        model=spec.model,
        student=found.student.ref,
        chip=chip,
        teachers=[
            _told(session, found, each, size, cost.tokens, cost.bytes, cost.flop, cost.seconds, cost.items)
            for each, size, cost in zip(found.lectures, sizes, took.teachers, strict=True)
        ],
        steps=spec.settings.steps,
        on_policy_steps=stage.steps if stage else 0,
        items=sum(cost.items for cost in took.teachers),
        epochs=took.epochs,
        tokens=took.tokens,
        parameters=body.parameters,
        trainable=body.trainable,
        weights=took.weights,
        loss_memory=took.loss,
        needs=needs,
        estimate=job_estimates.calibrated(session, kind, rule, needs, architecture=architecture),
        findings=[
            *_findings(found, sizes, spec, took),
            *costs.machines(spec.needs, 1),
            *costs.no_room(session, needs, rule),
        ],
    )


def _student_body(found: Mentorship, settings: DistillSettings) -> Body:
    base = found.base
    shapes = _shapes(base)
    vocabulary = int(base.facts.get("vocab_size") or 0)
    if settings.student == "full":
        return Body(base.parameters, base.parameters, shapes, vocabulary)
    if found.student.kind is Kind.ADAPTER:
        return Body(base.parameters + found.student.parameters, found.student.parameters, shapes, vocabulary)
    modules = settings.lora.target_modules
    trained = estimates.lora_parameters(shapes, settings.lora.r, None if modules == "all-linear" else list(modules))
    return Body(base.parameters + trained, trained, shapes, vocabulary)


def _size(
    session: Session, store: Store, found: Mentorship, lecture: Lecture, settings: DistillSettings
) -> TeacherSize:
    vocabulary = int(lecture.base.facts.get("vocab_size") or 0)
    adapter = lecture.teacher.kind is Kind.ADAPTER
    parameters = lecture.base.parameters + (lecture.teacher.parameters if adapter else 0)
    cache = teachers.find(session, cache_key(found, lecture, settings)) if settings.cache else None
    return TeacherSize(
        model=Body(parameters, 0, _shapes(lecture.base), vocabulary),
        reading=costs.read(store, [(lecture.use, lecture.items)], vocabulary),
        shared=lecture.base.artifact == found.base.artifact,
        adapter_bytes=lecture.teacher.parameters * 4 if adapter else 0,
        cached=cache.items if cache else 0,
        cached_tokens=cache.tokens if cache else 0,
        cached_bytes=cache.bytes if cache else 0,
    )


def cache_key(found: Mentorship, lecture: Lecture, settings: DistillSettings) -> str:
    """The name of what this teacher says to these prompts."""
    speaker = (lecture.teacher, lecture.base) if settings.answers == "text" else (found.student, found.base)
    return teachers.key_of(teachers.Voice.of(lecture.teacher, lecture.base, *speaker), lecture.use, settings)


def _shapes(base: Version) -> dict[str, tuple[int, int]]:
    return {name: (int(shape[0]), int(shape[1])) for name, shape in (base.facts.get("shapes") or {}).items()}


def _told(
    session: Session,
    found: Mentorship,
    lecture: Lecture,
    size: TeacherSize,
    tokens: int,
    kept: int,
    flop: float,
    seconds: float,
    items: int,
) -> TeacherEstimate:
    return TeacherEstimate(
        version=lecture.teacher.ref,
        dataset=lecture.use.ref,
        split=lecture.use.split,
        items=items,
        tokens=tokens,
        way=way_of(session, found.student, lecture.teacher),
        cached=min(size.cached, items),
        cached_bytes=kept,
        flop=flop,
        seconds=seconds,
    )


def _findings(found: Mentorship, sizes: Sequence[TeacherSize], spec: DistillSpec, took: Cost) -> list[Finding]:
    told = [
        Finding(level="stop", code=type(each).code, message=each.message, params=each.params) for each in found.stops
    ]

    def tell(level: str, code: str, message: str, **params: object) -> None:
        told.append(Finding.model_validate({"level": level, "code": code, "message": message, "params": params}))

    settings = spec.settings
    if not sum(cost.items for cost in took.teachers):
        tell("stop", "nothing_fits", "No teacher has any items. Choose a data set that is not empty.")
    known = sum(size.cached >= cost.items > 0 for size, cost in zip(sizes, took.teachers, strict=True))
    if known:
        tell(
            "ok", "cached", f"{known} of {len(sizes)} teachers have spoken before and do not run again.",
            cached=known, teachers=len(sizes),
        )  # fmt: skip
    if took.epochs > MANY_EPOCHS:
        tell(
            "warning", "many_epochs",
            f"Every prompt is seen {took.epochs:.0f} times. Take fewer steps, or more prompts.", epochs=took.epochs,
        )  # fmt: skip
    for lecture, size in zip(found.lectures, sizes, strict=True):
        if lecture.teacher.id == found.student.id:
            tell(
                "warning", "own_teacher", f"{lecture.teacher.ref} is the student itself: it learns nothing new.",
                teacher=lecture.teacher.ref,
            )  # fmt: skip
        elif size.model.parameters * 2 < found.base.parameters:
            tell(
                "note", "small_teacher", f"{lecture.teacher.ref} has less than half the student's parameters.",
                teacher=lecture.teacher.ref,
            )  # fmt: skip
    if settings.answers == "text":
        tell("note", "words_alone", "The student learns from written answers, which say less than probabilities.")
    carried = sorted({each for lecture in found.lectures for each in lecture.teacher.restrictions})
    new = [each for each in licences.licences_in(carried) if f"license:{each}" not in found.student.restrictions]
    if new:
        tell(
            "note", "licences", f"The student takes over its teachers' licences: {', '.join(new)}.", licences=new
        )  # fmt: skip
    return told
