"""Engines, the replicas in them, what endpoints want of them, and places held by what is not a job."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _record() -> tuple[sa.Column[object], sa.Column[object]]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def upgrade() -> None:
    op.create_table(
        "engines",
        sa.Column("base", sa.String(length=71), nullable=False),
        sa.Column("runtime", sa.String(length=32), nullable=False),
        sa.Column("chip", sa.String(length=64), nullable=False),
        sa.Column("number", INTEGER, nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", INTEGER, nullable=True),
        sa.Column("birth", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=512), nullable=True),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("estimate", sa.JSON(), nullable=True),
        sa.Column("took", INTEGER, nullable=True),
        sa.Column("submission", sa.String(length=200), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("fetched", sa.JSON(), nullable=False),
        *_record(),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_engines_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engines")),
        sa.UniqueConstraint("base", "runtime", "chip", "number", name=op.f("uq_engines_base_runtime_chip_number")),
    )
    op.drop_table("replicas")  # what a reconciler notes, and notes anew
    op.create_table(
        "replicas",
        sa.Column("unit", sa.String(length=71), nullable=False),
        sa.Column("engine_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        *_record(),
        sa.ForeignKeyConstraint(["engine_id"], ["engines.id"], name=op.f("fk_replicas_engine_id_engines")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replicas")),
        sa.UniqueConstraint("unit", "engine_id", name=op.f("uq_replicas_unit_engine_id")),
    )
    for column in ("unit", "engine_id"):
        op.create_index(op.f(f"ix_replicas_{column}"), "replicas", [column])
    op.create_table(
        "reservations",
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("worker", sa.String(length=200), nullable=False),
        sa.Column("seats", sa.JSON(), nullable=False),
        sa.Column("memory", INTEGER, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        *_record(),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_reservations_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
        sa.UniqueConstraint("holder", name=op.f("uq_reservations_holder")),
    )
    op.create_index(op.f("ix_reservations_department_id"), "reservations", ["department_id"])
    with op.batch_alter_table("endpoints") as batch:
        batch.add_column(sa.Column("runtime", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("replicas", INTEGER, nullable=False, server_default="1"))
        batch.add_column(sa.Column("chip", sa.String(length=64), nullable=True))
    with op.batch_alter_table("endpoints") as batch:
        batch.alter_column("replicas", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("endpoints") as batch:
        for column in ("runtime", "replicas", "chip"):
            batch.drop_column(column)
    op.drop_table("reservations")
    op.drop_table("replicas")
    op.drop_table("engines")
    op.create_table(
        "replicas",
        sa.Column("unit", sa.String(length=71), nullable=False),
        sa.Column("base", sa.String(length=71), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("pid", INTEGER, nullable=True),
        sa.Column("address", sa.String(length=512), nullable=True),
        *_record(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replicas")),
        sa.UniqueConstraint("unit", name=op.f("uq_replicas_unit")),
    )
