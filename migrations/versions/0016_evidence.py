"""What was verified on which chip."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("runtime", sa.String(length=32), nullable=False),
        sa.Column("runtime_version", sa.String(length=64), nullable=False),
        sa.Column("chip", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=32), nullable=False),
        sa.Column("architecture", sa.String(length=96), nullable=False),
        sa.Column("base", sa.String(length=71), nullable=False),
        sa.Column("adapter", sa.String(length=71), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("cases", sa.JSON(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_evidence_created_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(
        op.f("ix_evidence_runtime_family_created_at"), "evidence", ["runtime", "family", "created_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_evidence_runtime_family_created_at"), table_name="evidence")
    op.drop_table("evidence")
