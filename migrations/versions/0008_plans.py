"""Career plans, their stages, and the work that stages of several plans share."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("name", sa.String(length=96), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("goals", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", INTEGER, nullable=False),
        sa.Column("turn", INTEGER, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_plans_created_by_people")),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_plans_department_id_departments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("name", name=op.f("uq_plans_name")),
    )
    op.create_index(op.f("ix_plans_department_id"), "plans", ["department_id"])
    op.create_index(op.f("ix_plans_state"), "plans", ["state"])

    op.create_table(
        "plan_works",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("micro", INTEGER, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_plan_works_job_id_jobs")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_plan_works_model_id_models")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_works_plan_id_plans")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_plan_works_version_id_versions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_works")),
        sa.UniqueConstraint("key", "model_id", name=op.f("uq_plan_works_key_model_id")),
    )
    for column in ("job_id", "model_id", "plan_id"):
        op.create_index(op.f(f"ix_plan_works_{column}"), "plan_works", [column])

    op.create_table(
        "plan_stages",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("position", INTEGER, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("work_id", sa.Uuid(), nullable=True),
        sa.Column("exam_id", sa.Uuid(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["exam_id"], ["plan_works.id"], name=op.f("fk_plan_stages_exam_id_plan_works")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_stages_plan_id_plans")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_plan_stages_version_id_versions")),
        sa.ForeignKeyConstraint(["work_id"], ["plan_works.id"], name=op.f("fk_plan_stages_work_id_plan_works")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_stages")),
        sa.UniqueConstraint("plan_id", "name", name=op.f("uq_plan_stages_plan_id_name")),
    )
    for column in ("exam_id", "key", "work_id"):
        op.create_index(op.f(f"ix_plan_stages_{column}"), "plan_stages", [column])


def downgrade() -> None:
    op.drop_table("plan_stages")
    op.drop_table("plan_works")
    op.drop_table("plans")
