"""What exams keep: more scorers, real-valued scores, skills."""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SLOTS = sa.Enum("skill", "safety", "refusal", "reliability", name="slot", native_enum=False, length=32)
ENGINES = sa.Enum("aird", "lm_eval", name="engine", native_enum=False, length=32)

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
QUESTIONS = sa.Enum("better", "noninferior", name="question", native_enum=False, length=32)
VERDICTS = sa.Enum("passed", "failed", "open", name="verdict", native_enum=False, length=32)


def upgrade() -> None:
    with op.batch_alter_table("suites", schema=None) as batch_op:
        batch_op.add_column(sa.Column("skill", sa.String(length=96), nullable=True))
        batch_op.add_column(sa.Column("slot", SLOTS, nullable=True))
        batch_op.add_column(sa.Column("settings", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("digest", sa.String(length=71), nullable=True))
    with op.batch_alter_table("evaluation_runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("points", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("digest", sa.String(length=71), nullable=True))
        batch_op.add_column(sa.Column("engine", ENGINES, nullable=True))
        batch_op.add_column(sa.Column("details", sa.JSON(), nullable=True))

    op.create_table(
        "comparisons",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("reference_id", sa.Uuid(), nullable=False),
        sa.Column("suite_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("question", QUESTIONS, nullable=False),
        sa.Column("margin", sa.Double(), nullable=False),
        sa.Column("level", sa.Double(), nullable=False),
        sa.Column("verdict", VERDICTS, nullable=False),
        sa.Column("items", WHOLE, nullable=False),
        sa.Column("of_items", WHOLE, nullable=False),
        sa.Column("won", WHOLE, nullable=False),
        sa.Column("lost", WHOLE, nullable=False),
        sa.Column("difference", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("p", sa.Double(), nullable=False),
        sa.Column("outcomes", sa.String(length=71), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("reference_digest", sa.String(length=71), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_comparisons_job_id_jobs")),
        sa.ForeignKeyConstraint(["reference_id"], ["versions.id"], name=op.f("fk_comparisons_reference_id_versions")),
        sa.ForeignKeyConstraint(["suite_id"], ["suites.id"], name=op.f("fk_comparisons_suite_id_suites")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_comparisons_version_id_versions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparisons")),
    )
    for columns in (["job_id"], ["outcomes"], ["reference_id"], ["suite_id"], ["version_id", "created_at"]):
        op.create_index(op.f(f"ix_comparisons_{'_'.join(columns)}"), "comparisons", columns)

    _fill(op.get_bind())

    with op.batch_alter_table("suites", schema=None) as batch_op:
        batch_op.alter_column("skill", existing_type=sa.String(length=96), nullable=False)
        batch_op.alter_column("slot", existing_type=SLOTS, nullable=False)
        batch_op.alter_column("settings", existing_type=sa.JSON(), nullable=False)
        batch_op.alter_column("digest", existing_type=sa.String(length=71), nullable=False)
        batch_op.create_index(batch_op.f("ix_suites_skill"), ["skill"], unique=False)
    with op.batch_alter_table("evaluation_runs", schema=None) as batch_op:
        batch_op.alter_column("points", existing_type=sa.Double(), nullable=False)
        batch_op.alter_column("digest", existing_type=sa.String(length=71), nullable=False)
        batch_op.alter_column("engine", existing_type=ENGINES, nullable=False)
        batch_op.alter_column("details", existing_type=sa.JSON(), nullable=False)


def _fill(connection: sa.Connection) -> None:
    """What the suites and runs of before are in the new words: a skill each, and right or wrong for every item."""
    suites = sa.table(
        "suites",
        sa.column("id", sa.Uuid()),
        sa.column("name", sa.String()),
        sa.column("split", sa.String()),
        sa.column("scorer", sa.String()),
        sa.column("dataset_version_id", sa.Uuid()),
        sa.column("skill", sa.String()),
        sa.column("slot", sa.String()),
        sa.column("settings", sa.JSON()),
        sa.column("digest", sa.String()),
    )
    items = sa.table("dataset_versions", sa.column("id", sa.Uuid()), sa.column("artifact", sa.String()))
    found = connection.execute(
        sa.select(suites.c.id, suites.c.name, suites.c.split, suites.c.scorer, items.c.artifact).join(
            items, items.c.id == suites.c.dataset_version_id
        )
    ).all()
    for row in found:
        values = {"skill": row.name, "slot": "skill", "settings": {}}
        digest = _digest({"items": row.artifact, "scorer": row.scorer, "settings": {}, "split": row.split})
        connection.execute(suites.update().where(suites.c.id == row.id).values(**values, digest=digest))

    runs = sa.table(
        "evaluation_runs",
        sa.column("version_id", sa.Uuid()),
        sa.column("correct", sa.BigInteger()),
        sa.column("points", sa.Double()),
        sa.column("digest", sa.String()),
        sa.column("engine", sa.String()),
        sa.column("details", sa.JSON()),
    )
    versions = sa.table("versions", sa.column("id", sa.Uuid()), sa.column("artifact", sa.String()))
    examined = sa.select(versions.c.artifact).where(versions.c.id == runs.c.version_id).scalar_subquery()
    connection.execute(
        runs.update().values(points=sa.cast(runs.c.correct, sa.Double()), digest=examined, engine="aird", details={})
    )


def _digest(what: dict[str, Any]) -> str:
    text = json.dumps(what, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def downgrade() -> None:
    op.drop_table("comparisons")
    with op.batch_alter_table("evaluation_runs", schema=None) as batch_op:
        for column in ("details", "engine", "digest", "points"):
            batch_op.drop_column(column)
    with op.batch_alter_table("suites", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_suites_skill"))
        for column in ("digest", "settings", "slot", "skill"):
            batch_op.drop_column(column)
