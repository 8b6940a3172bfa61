"""How far each person has read, the tour, and which departments and people are the sample's."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "desks",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seen", INTEGER, nullable=False),
        sa.Column("tour", sa.String(length=32), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_desks_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desks")),
        sa.UniqueConstraint("person_id", name=op.f("uq_desks_person_id")),
    )
    for name in ("departments", "people"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("sample", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for name in ("people", "departments"):
        with op.batch_alter_table(name) as table:
            table.drop_column("sample")
    op.drop_table("desks")
