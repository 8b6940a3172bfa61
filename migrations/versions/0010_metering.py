"""Budgets and what is lent from them; engines' time; more about each answer."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Not in a batch: SQLite would copy the table, and its triggers, which refuse every change, would stay behind.
    for column in (
        sa.Column("cached_tokens", INTEGER, nullable=True),
        sa.Column("finish_reason", sa.String(32), nullable=True),
        sa.Column("deployment", INTEGER, nullable=True),
        sa.Column("experiment", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("usage_entries", column)
    op.create_table(
        "engine_entries",
        sa.Column("hour", TIME, nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint", sa.String(96), nullable=False),
        sa.Column("unit", sa.String(71), nullable=False),
        sa.Column("chip", sa.String(64), nullable=False),
        sa.Column("milliseconds", INTEGER, nullable=False),
        sa.Column("busy_milliseconds", INTEGER, nullable=False),
        sa.Column("noted_until", TIME, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_engine_entries"),
        sa.UniqueConstraint("unit", "endpoint", "chip", "hour", name="uq_engine_entries_unit_endpoint_chip_hour"),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name="fk_engine_entries_department_id_departments"
        ),
    )
    op.create_index("ix_engine_entries_hour", "engine_entries", ["hour"])
    op.create_table(
        "budgets",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(96), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("limit_micro", INTEGER, nullable=False),
        sa.Column("alert_percent", INTEGER, nullable=False),
        sa.Column("on_spent", sa.String(32), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_budgets"),
        sa.UniqueConstraint("kind", "subject", name="uq_budgets_kind_subject"),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name="fk_budgets_department_id_departments"),
    )
    op.create_index("ix_budgets_department_id", "budgets", ["department_id"])
    op.create_table(
        "budget_months",
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("used_micro", INTEGER, nullable=False),
        sa.Column("alerted_at", TIME, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_budget_months"),
        sa.UniqueConstraint("budget_id", "month", name="uq_budget_months_budget_id_month"),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budgets.id"], name="fk_budget_months_budget_id_budgets", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "budget_leases",
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("remaining_micro", INTEGER, nullable=False),
        sa.Column("renewed_at", TIME, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_budget_leases"),
        sa.UniqueConstraint("budget_id", "month", "holder", name="uq_budget_leases_budget_id_month_holder"),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budgets.id"], name="fk_budget_leases_budget_id_budgets", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_budget_leases_holder", "budget_leases", ["holder"])


def downgrade() -> None:
    for table in ("budget_leases", "budget_months", "budgets", "engine_entries"):
        op.drop_table(table)
    for column in ("experiment", "deployment", "finish_reason", "cached_tokens"):
        op.drop_column("usage_entries", column)
