"""Approvals as a conversation: what exactly was looked at, who uploaded it last, and exams that a clearance needs."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "approval_events",
        sa.Column("approval_id", sa.Uuid(), nullable=False),
        sa.Column("seq", INTEGER, autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=160), nullable=False),
        sa.Column("seal", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.id"], name=op.f("fk_approval_events_approval_id_approvals")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_approval_events_person_id_people")),
        sa.PrimaryKeyConstraint("approval_id", "seq", name=op.f("pk_approval_events")),
    )
    with op.batch_alter_table("approvals") as batch:
        batch.add_column(sa.Column("seal", sa.String(length=80), server_default="", nullable=False))
        batch.add_column(sa.Column("maker_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(op.f("fk_approvals_maker_id_people"), "people", ["maker_id"], ["id"])
        batch.create_check_constraint(
            op.f("ck_approvals_not_by_the_maker"),
            "decided_by IS NULL OR maker_id IS NULL OR decided_by <> maker_id",
        )
    with op.batch_alter_table("clearances") as batch:
        batch.add_column(sa.Column("suites", sa.JSON(), server_default="[]", nullable=False))
        batch.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("clearances") as batch:
        batch.drop_column("ended_at")
        batch.drop_column("suites")
    with op.batch_alter_table("approvals") as batch:
        batch.drop_constraint(op.f("ck_approvals_not_by_the_maker"), type_="check")
        batch.drop_constraint(op.f("fk_approvals_maker_id_people"), type_="foreignkey")
        batch.drop_column("maker_id")
        batch.drop_column("seal")
    op.drop_table("approval_events")
