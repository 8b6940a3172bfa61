"""Requests in full: what they are for, versions tried on their examples, the option that was chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED = (
    "volume_per_day", "languages", "data_class", "floor", "budget_once_micro", "budget_month_micro", "present",
    "today_micro", "match_job_id", "option", "offer", "work_job_id",
)  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table("requests") as table:
        table.add_column(sa.Column("volume_per_day", INTEGER, nullable=True))
        table.add_column(sa.Column("languages", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("data_class", sa.String(length=32), nullable=False, server_default="internal"))
        table.add_column(sa.Column("floor", sa.Double(), nullable=False, server_default="0.8"))
        table.add_column(sa.Column("budget_once_micro", INTEGER, nullable=True))
        table.add_column(sa.Column("budget_month_micro", INTEGER, nullable=True))
        table.add_column(sa.Column("present", sa.String(length=128), nullable=True))
        table.add_column(sa.Column("today_micro", INTEGER, nullable=True))
        table.add_column(sa.Column("match_job_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("option", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("offer", sa.JSON(), nullable=True))
        table.add_column(sa.Column("work_job_id", sa.Uuid(), nullable=True))
        table.create_foreign_key(op.f("fk_requests_match_job_id_jobs"), "jobs", ["match_job_id"], ["id"])
        table.create_foreign_key(op.f("fk_requests_work_job_id_jobs"), "jobs", ["work_job_id"], ["id"])
        table.create_index(op.f("ix_requests_work_job_id"), ["work_job_id"])
    with op.batch_alter_table("request_events") as table:
        table.add_column(sa.Column("kind", sa.String(length=32), nullable=False, server_default="state"))
        table.add_column(sa.Column("data", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "request_trials",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("examples", sa.String(length=64), nullable=False),
        sa.Column("items", INTEGER, nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("prompt_tokens", sa.Double(), nullable=False),
        sa.Column("completion_tokens", sa.Double(), nullable=False),
        sa.Column("milliseconds", sa.Double(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_request_trials_request_id_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_trials")),
        sa.UniqueConstraint(
            "request_id", "version_id", "examples", name=op.f("uq_request_trials_request_id_version_id_examples")
        ),
    )


def downgrade() -> None:
    op.drop_table("request_trials")
    with op.batch_alter_table("request_events") as table:
        table.drop_column("data")
        table.drop_column("kind")
    with op.batch_alter_table("requests") as table:
        table.drop_index(op.f("ix_requests_work_job_id"))
        table.drop_constraint(op.f("fk_requests_work_job_id_jobs"), type_="foreignkey")
        table.drop_constraint(op.f("fk_requests_match_job_id_jobs"), type_="foreignkey")
        for column in ADDED:
            table.drop_column(column)
