"""What rotation keeps: measurements of parents, trials of searches, what happened in every module of a merge."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "merge_measures",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_merge_measures_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_measures")),
        sa.UniqueConstraint("key", name=op.f("uq_merge_measures_key")),
    )
    with op.batch_alter_table("merge_measures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merge_measures_job_id"), ["job_id"], unique=False)

    op.create_table(
        "merge_trials",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("outcomes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("mean", sa.Double(), nullable=True),
        sa.Column("worst", sa.Double(), nullable=True),
        sa.Column("rank", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("items", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("held_out", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_merge_trials_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_trials")),
        sa.UniqueConstraint("job_id", "number", name=op.f("uq_merge_trials_job_id_number")),
    )
    op.create_table(
        "merge_reports",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_merge_reports_version_id_versions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_reports")),
        sa.UniqueConstraint("version_id", name=op.f("uq_merge_reports_version_id")),
    )


def downgrade() -> None:
    op.drop_table("merge_reports")
    op.drop_table("merge_trials")
    with op.batch_alter_table("merge_measures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_merge_measures_job_id"))

    op.drop_table("merge_measures")
