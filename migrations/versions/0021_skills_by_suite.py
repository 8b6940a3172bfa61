"""Who sat a suite is found without a look at every version."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_skills_suite_version_id", "skills", ["suite", "version_id"])


def downgrade() -> None:
    op.drop_index("ix_skills_suite_version_id", "skills")
