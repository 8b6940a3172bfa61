"""A person's word that a split may be learnt from although near questions block it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dataset_near_leak_permits",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("split", sa.String(32), nullable=False),
        sa.Column("exam", sa.String(96), nullable=False),
        sa.Column("items", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_dataset_near_leak_permits_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["dataset_versions.id"],
            name=op.f("fk_dataset_near_leak_permits_version_id_dataset_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_near_leak_permits")),
        sa.UniqueConstraint(
            "version_id", "split", "exam", name=op.f("uq_dataset_near_leak_permits_version_id_split_exam")
        ),
    )


def downgrade() -> None:
    op.drop_table("dataset_near_leak_permits")
