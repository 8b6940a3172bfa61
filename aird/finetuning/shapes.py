"""Files, jobs, events and checkpoints as OpenAI's clients read them. Pure."""

from collections.abc import Sequence
from typing import Any

from aird.finetuning.models import FineTuning, UploadedFile
from aird.jobs.lifecycle import JobState
from aird.jobs.models import EventKind, Job, JobEvent

STATUSES = {
    JobState.QUEUED: "queued",
    JobState.RUNNING: "running",
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
Json = dict[str, Any]


def page(data: Sequence[Json], *, more: bool) -> Json:
    """One page of a list."""
    ids = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"object": "list", "data": list(data), "has_more": more, **ids}


def file(found: UploadedFile) -> Json:
    """A file."""
    return {
        "id": found.shown_id,
        "object": "file",
        "bytes": found.bytes,
        "created_at": int(found.created_at.timestamp()),
        "expires_at": None,
        "filename": found.filename,
        "purpose": "fine-tune",
        "status": "processed",
        "status_details": None,
    }


def job(tuning: FineTuning, training: Job, uploaded: UploadedFile, department: str) -> Json:
    """A fine-tuning job."""
    result = training.result or {}
    return {
        "id": tuning.shown_id,
        "object": "fine_tuning.job",
        "created_at": int(tuning.created_at.timestamp()),
        "finished_at": int(training.finished_at.timestamp()) if training.finished_at else None,
        "estimated_finish": None,
        "model": tuning.model,
        "fine_tuned_model": result.get("version"),
        "organization_id": department,
        "result_files": [],
        "status": STATUSES[training.state],
        "training_file": uploaded.shown_id,
        "validation_file": None,
        "trained_tokens": None,
        "error": {"code": training.error_code or "", "message": training.error_message or "", "param": None},
        "seed": tuning.seed,
        "hyperparameters": tuning.hyperparameters,
        "method": {"type": "supervised", "supervised": {"hyperparameters": tuning.hyperparameters}},
        "integrations": [],
        "metadata": tuning.notes,
    }


def event(tuning: FineTuning, found: JobEvent) -> Json:
    """One thing that happened to a job."""
    kind, data = found.kind, found.data
    level, message = "info", ""
    if kind is EventKind.STATE:
        message = str(data.get("reason") or data.get("state"))
        level = "error" if data.get("state") == JobState.FAILED else "info"
    elif kind is EventKind.LOG:
        message = str(data.get("line"))
    else:
        message = f"{data.get('stage')}: step {data.get('step')} of {data.get('total')}"
    return {
        "id": f"ftevent-{found.job_id.hex}-{found.seq}",
        "object": "fine_tuning.job.event",
        "created_at": int(found.at.timestamp()),
        "level": level,
        "message": message,
        "type": "metrics" if kind is EventKind.PROGRESS else "message",
        "data": _metrics(data) if kind is EventKind.PROGRESS else {},
    }


def checkpoint(tuning: FineTuning, training: Job) -> Json:
    """The weights at the end: those of the version that was filed."""
    result = training.result or {}
    moment = training.finished_at or training.since
    return {
        "id": f"ftckpt-{tuning.id.hex}",
        "object": "fine_tuning.job.checkpoint",
        "created_at": int(moment.timestamp()),
        "fine_tuned_model_checkpoint": result.get("version"),
        "fine_tuning_job_id": tuning.shown_id,
        "step_number": int(result.get("steps") or 0),
        "metrics": _metrics({**training.metrics, "step": result.get("steps")}),
    }


def _metrics(data: Json) -> Json:
    """The names of OpenAI's for what aird measures."""
    said = {**data, **(data.get("metrics") or {})}
    named = {"step": said.get("step"), "total_steps": said.get("total"), "train_loss": said.get("loss")}
    named["full_valid_loss"] = said.get("held_out_loss")
    return {name: value for name, value in named.items() if value is not None}
