"""What trainings keep: teachers' cached probabilities."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = ("teacher", "dataset", "artifact", "job_id", "used_at")


def upgrade() -> None:
    op.create_table(
        "teacher_caches",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("teacher", sa.String(length=71), nullable=False),
        sa.Column("base", sa.String(length=71), nullable=False),
        sa.Column("dataset", sa.String(length=71), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("artifact", sa.String(length=71), nullable=False),
        sa.Column("items", NUMBER, nullable=False),
        sa.Column("skipped", NUMBER, nullable=False),
        sa.Column("tokens", NUMBER, nullable=False),
        sa.Column("bytes", NUMBER, nullable=False),
        sa.Column("forwards", NUMBER, nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("uses", NUMBER, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_teacher_caches_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teacher_caches")),
        sa.UniqueConstraint("key", name=op.f("uq_teacher_caches_key")),
    )
    with op.batch_alter_table("teacher_caches", schema=None) as batch_op:
        for column in INDEXES:
            batch_op.create_index(batch_op.f(f"ix_teacher_caches_{column}"), [column], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("teacher_caches", schema=None) as batch_op:
        for column in INDEXES:
            batch_op.drop_index(batch_op.f(f"ix_teacher_caches_{column}"))
    op.drop_table("teacher_caches")
