"""Progressive delivery: canaries, shadows and their verdicts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rollouts",
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("number", INTEGER, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("baseline_number", INTEGER, nullable=False),
        sa.Column("candidate_number", INTEGER, nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("weight", INTEGER, nullable=False),
        sa.Column("step_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("history", sa.JSON(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_rollouts_created_by_people")),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f("fk_rollouts_endpoint_id_endpoints")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollouts")),
        sa.UniqueConstraint("endpoint_id", "number", name=op.f("uq_rollouts_endpoint_id_number")),
    )
    op.create_index(op.f("ix_rollouts_state"), "rollouts", ["state"])

    op.create_table(
        "rollout_pairs",
        sa.Column("rollout_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("swapped", sa.Boolean(), nullable=False),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("baseline", sa.Text(), nullable=True),
        sa.Column("candidate", sa.Text(), nullable=True),
        sa.Column("better", sa.String(length=32), nullable=True),
        sa.Column("judged_by", sa.Uuid(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["judged_by"], ["people.id"], name=op.f("fk_rollout_pairs_judged_by_people")),
        sa.ForeignKeyConstraint(["rollout_id"], ["rollouts.id"], name=op.f("fk_rollout_pairs_rollout_id_rollouts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollout_pairs")),
        sa.UniqueConstraint("rollout_id", "request_id", name=op.f("uq_rollout_pairs_rollout_id_request_id")),
    )


def downgrade() -> None:
    op.drop_table("rollout_pairs")
    op.drop_table("rollouts")
