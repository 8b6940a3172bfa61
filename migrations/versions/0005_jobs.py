"""What jobs keep: needs, dependencies, decisions, quotas, machines."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PLAIN = "0x1:0:1:"
"""The shape of a job that asks for nothing, as the jobs do that are there already."""
QUEUE = ["state", "waits_for", "department_id", "priority", "shape", "kind", "queued_at", "not_before"]
ADDED = (
    "chips", "flavours", "memory", "nodes", "priority", "preemptible", "shape", "estimate", "waits_for", "yields",
    "yield_by", "flavour", "held", "seats", "verdict", "failure",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "machines",
        sa.Column("worker", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("executor", sa.String(length=32), nullable=False),
        sa.Column("slots", INTEGER, nullable=False),
        sa.Column("memory", INTEGER, nullable=False),
        sa.Column("chips", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machines")),
        sa.UniqueConstraint("worker", "name", name=op.f("uq_machines_worker_name")),
    )
    op.create_index(op.f("ix_machines_alive_until"), "machines", ["alive_until"])
    op.create_table(
        "quotas",
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("flavour", sa.String(length=64), nullable=False),
        sa.Column("guarantee", INTEGER, nullable=False),
        sa.Column("deserved", INTEGER, nullable=False),
        sa.Column("limit", INTEGER, nullable=True),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_quotas_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotas")),
        sa.UniqueConstraint("department_id", "flavour", name=op.f("uq_quotas_department_id_flavour")),
    )
    op.create_table(
        "job_decisions",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_decisions_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_decisions")),
    )
    op.create_index(op.f("ix_job_decisions_job_id"), "job_decisions", ["job_id"])
    op.create_table(
        "job_dependencies",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("needs_id", sa.Uuid(), nullable=False),
        sa.Column("any_end", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_dependencies_job_id_jobs")),
        sa.ForeignKeyConstraint(["needs_id"], ["jobs.id"], name=op.f("fk_job_dependencies_needs_id_jobs")),
        sa.PrimaryKeyConstraint("job_id", "needs_id", name=op.f("pk_job_dependencies")),
    )
    op.create_index(op.f("ix_job_dependencies_needs_id"), "job_dependencies", ["needs_id"])
    _widen_jobs()


def _widen_jobs() -> None:
    """Column by column, which neither database copies the table for; the defaults are for the rows that are there."""
    for column in (
        sa.Column("chips", INTEGER, nullable=False, server_default="0"),
        sa.Column("flavours", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("memory", INTEGER, nullable=False, server_default="0"),
        sa.Column("nodes", INTEGER, nullable=False, server_default="1"),
        sa.Column("priority", INTEGER, nullable=False, server_default="50"),
        sa.Column("preemptible", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("shape", sa.String(length=200), nullable=False, server_default=PLAIN),
        sa.Column("estimate", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("waits_for", INTEGER, nullable=False, server_default="0"),
        sa.Column("yields", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("yield_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flavour", sa.String(length=64), nullable=True),
        sa.Column("held", INTEGER, nullable=False, server_default="0"),
        sa.Column("seats", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("verdict", sa.String(length=32), nullable=False, server_default=""),
        sa.Column("failure", sa.String(length=32), nullable=True),
    ):
        op.add_column("jobs", column)
    op.create_index("ix_jobs_queue", "jobs", QUEUE)


def downgrade() -> None:
    op.drop_index("ix_jobs_queue", table_name="jobs")
    for name in reversed(ADDED):
        op.drop_column("jobs", name)
    for table in ("job_dependencies", "job_decisions", "quotas", "machines"):
        op.drop_table(table)
