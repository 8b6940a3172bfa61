"""Who compared the answers of a shadow's pairs, and the form that they were to have."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("rollout_pairs") as table:
        table.add_column(sa.Column("judge", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("form", sa.JSON(), nullable=True))
    pairs = sa.table(
        "rollout_pairs", *(sa.column(each) for each in ("better", "judge", "judged_by", "baseline", "candidate"))
    )
    judged = sa.update(pairs).where(pairs.c.better.is_not(None))
    op.execute(judged.values(judge="endpoint"))
    op.execute(judged.where(pairs.c.judged_by.is_not(None)).values(judge="person"))
    # Of pairs whose texts are gone nobody knows any more whether they were the same; an endpoint said so, then.
    same = pairs.c.judged_by.is_(None) & (pairs.c.better == "same") & (pairs.c.baseline == pairs.c.candidate)
    op.execute(judged.where(same).values(judge="nobody"))


def downgrade() -> None:
    with op.batch_alter_table("rollout_pairs") as table:
        table.drop_column("form")
        table.drop_column("judge")
