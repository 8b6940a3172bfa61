"""What people preferred when they compared answers."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer_votes",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("first_id", sa.String(length=64), nullable=False),
        sa.Column("first_endpoint", sa.String(length=96), nullable=False),
        sa.Column("first_unit", sa.String(length=71), nullable=False),
        sa.Column("first_version", sa.String(length=112), nullable=False),
        sa.Column("second_id", sa.String(length=64), nullable=False),
        sa.Column("second_endpoint", sa.String(length=96), nullable=False),
        sa.Column("second_unit", sa.String(length=71), nullable=False),
        sa.Column("second_version", sa.String(length=112), nullable=False),
        sa.Column("better", sa.String(length=32), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_answer_votes_person_id_people")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_answer_votes_request_id_requests")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_votes")),
        sa.UniqueConstraint(
            "person_id", "first_id", "second_id", name=op.f("uq_answer_votes_person_id_first_id_second_id")
        ),
    )
    op.create_index(op.f("ix_answer_votes_request_id"), "answer_votes", ["request_id"])
    op.create_index(op.f("ix_answer_votes_first_unit_second_unit"), "answer_votes", ["first_unit", "second_unit"])


def downgrade() -> None:
    op.drop_table("answer_votes")
