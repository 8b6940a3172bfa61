"""Captured exchanges and feedback."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "exchanges",
        sa.Column("endpoint", sa.String(length=96), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("completion_id", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=71), nullable=False),
        sa.Column("version", sa.String(length=112), nullable=False),
        sa.Column("days", INTEGER, nullable=False),
        sa.Column("messages", sa.JSON(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("masked", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name=op.f("fk_exchanges_dataset_id_datasets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
        sa.UniqueConstraint("completion_id", name=op.f("uq_exchanges_completion_id")),
    )
    op.create_index(op.f("ix_exchanges_endpoint_created_at_id"), "exchanges", ["endpoint", "created_at", "id"])
    op.create_index(op.f("ix_exchanges_dataset_id"), "exchanges", ["dataset_id"])
    op.create_index(op.f("ix_exchanges_expires_at"), "exchanges", ["expires_at"])
    with op.batch_alter_table("endpoints") as batch:
        batch.add_column(sa.Column("capture_days", INTEGER, nullable=True))
        batch.add_column(sa.Column("capture_note", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("endpoints") as batch:
        batch.alter_column("capture_note", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("endpoints") as batch:
        for column in ("capture_days", "capture_note"):
            batch.drop_column(column)
    op.drop_table("exchanges")
