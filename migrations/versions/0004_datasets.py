"""What data sets keep: licence, consent, retention, reports, erasure."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CONSENT = sa.Enum("unstated", "not_needed", "given", "withdrawn", name="consent", native_enum=False, length=32)
VERDICT = sa.Enum("good", "warnings", "blocked", name="verdict", native_enum=False, length=32)


def upgrade() -> None:
    with op.batch_alter_table("datasets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("license", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("source", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("consent", CONSENT, server_default="unstated", nullable=False))
        batch_op.add_column(sa.Column("consent_note", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("retention_days", WHOLE, nullable=True))
        batch_op.add_column(sa.Column("split_rule", sa.JSON(), server_default="{}", nullable=False))
    with op.batch_alter_table("dataset_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kept", sa.String(length=71), nullable=True))
        batch_op.add_column(sa.Column("made_from", sa.String(length=112), server_default="", nullable=False))
        batch_op.add_column(sa.Column("intake", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("erased_by", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("erased_reason", sa.Text(), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_dataset_versions_kept"), ["kept"], unique=False)
    versions = sa.table("dataset_versions", sa.column("artifact", sa.String()), sa.column("kept", sa.String()))
    op.execute(versions.update().values(kept=versions.c.artifact))

    op.create_table(
        "dataset_held_out",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("split", sa.String(length=32), nullable=False),
        sa.Column("exam", sa.String(length=96), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["dataset_versions.id"], name=op.f("fk_dataset_held_out_version_id_dataset_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_held_out")),
        sa.UniqueConstraint("exam", name=op.f("uq_dataset_held_out_exam")),
    )
    with op.batch_alter_table("dataset_held_out", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_held_out_version_id_split"), ["version_id", "split"], unique=False)
    _hold_out(op.get_bind())

    op.create_table(
        "dataset_reports",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("examined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", VERDICT, nullable=False),
        sa.Column("blocked", sa.JSON(), nullable=False),
        sa.Column("personal", WHOLE, nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("findings", sa.String(length=71), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_dataset_reports_job_id_jobs")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["dataset_versions.id"], name=op.f("fk_dataset_reports_version_id_dataset_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_reports")),
        sa.UniqueConstraint("version_id", name=op.f("uq_dataset_reports_version_id")),
    )
    with op.batch_alter_table("dataset_reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_reports_findings"), ["findings"], unique=False)


def _hold_out(connection: sa.Connection) -> None:
    """The exams of before hold their splits out as well; a suite's id is the row's id."""
    suites = sa.table(
        "suites",
        sa.column("id", sa.Uuid()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("name", sa.String()),
        sa.column("split", sa.String()),
        sa.column("dataset_version_id", sa.Uuid()),
    )
    held = sa.table(
        "dataset_held_out",
        sa.column("id", sa.Uuid()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("exam", sa.String()),
        sa.column("split", sa.String()),
        sa.column("version_id", sa.Uuid()),
    )
    found = sa.select(suites.c.id, suites.c.created_at, suites.c.name, suites.c.split, suites.c.dataset_version_id)
    connection.execute(held.insert().from_select(["id", "created_at", "exam", "split", "version_id"], found))


def downgrade() -> None:
    with op.batch_alter_table("dataset_reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dataset_reports_findings"))
    op.drop_table("dataset_reports")
    with op.batch_alter_table("dataset_held_out", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dataset_held_out_version_id_split"))
    op.drop_table("dataset_held_out")
    with op.batch_alter_table("dataset_versions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dataset_versions_kept"))
        for column in ("erased_reason", "erased_by", "erased_at", "intake", "made_from", "kept"):
            batch_op.drop_column(column)
    with op.batch_alter_table("datasets", schema=None) as batch_op:
        for column in ("split_rule", "retention_days", "consent_note", "consent", "source", "license"):
            batch_op.drop_column(column)
