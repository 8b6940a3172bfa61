"""Uploaded files and fine-tuning jobs of OpenAI's clients."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "uploaded_files",
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("bytes", INTEGER, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_uploaded_files_department_id_departments")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["dataset_versions.id"], name=op.f("fk_uploaded_files_version_id_dataset_versions")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_uploaded_files_created_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploaded_files")),
    )
    op.create_index(op.f("ix_uploaded_files_department_id"), "uploaded_files", ["department_id"])
    op.create_table(
        "fine_tunings",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("hyperparameters", sa.JSON(), nullable=False),
        sa.Column("seed", INTEGER, nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_fine_tunings_job_id_jobs")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_fine_tunings_department_id_departments")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["uploaded_files.id"], name=op.f("fk_fine_tunings_file_id_uploaded_files")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fine_tunings")),
        sa.UniqueConstraint("job_id", name=op.f("uq_fine_tunings_job_id")),
    )
    for column in ("department_id", "file_id"):
        op.create_index(op.f(f"ix_fine_tunings_{column}"), "fine_tunings", [column])


def downgrade() -> None:
    op.drop_table("fine_tunings")
    op.drop_table("uploaded_files")
