"""Commits, branches, aliases with history, access requests, search terms; what the store holds and what is uploaded.

Versions that were filed before get their commits here. Which files their artifacts have is noted by the first
`aird store gc` or `aird store scrub`, which can read the store; a migration cannot.
"""

import hashlib
import json
import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def guard(table: str, postgresql: bool) -> None:
    """Have the database itself refuse to change or delete rows of the table."""
    if postgresql:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def commit_what_is_there() -> None:
    """Make every version that was filed before a commit on `main`, each on top of the one before."""
    connection = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(connection, only=["versions", "commits", "refs", "dataset_uses"], resolve_fks=False)
    versions, commits, refs = tables.tables["versions"], tables.tables["commits"], tables.tables["refs"]
    columns = [versions.c[name] for name in ("id", "model_id", "number", "artifact", "created_by", "created_at")]
    head: dict[Any, Any] = {}
    made = []
    for row in connection.execute(sa.select(*columns).order_by(versions.c.model_id, versions.c.number)):
        parent = head.get(row.model_id)
        content = json.dumps([row.artifact, str(row.model_id), row.number])
        commit = {
            "id": _key(row.id, uuid.uuid4()),
            "created_at": row.created_at,
            "model_id": row.model_id,
            "sha": hashlib.sha256(content.encode()).hexdigest()[:40],
            "artifact": row.artifact,
            "title": f"Version {row.number}",
            "message": "",
            "parent_id": parent,
            "author_id": row.created_by,
            "version_id": row.id,
        }
        head[row.model_id] = commit["id"]
        made.append(commit)
    if made:
        connection.execute(commits.insert(), made)
        connection.execute(
            refs.insert(),
            [
                {"model_id": model, "kind": "branch", "name": "main", "commit_id": commit, "message": ""}
                for model, commit in head.items()
            ],
        )


def _key(like: Any, value: uuid.UUID) -> Any:
    """A key in the form in which this database's driver gave `like`."""
    return value if isinstance(like, uuid.UUID) else value.hex


def fill_ledgers() -> None:
    """What versions cost and which data they were made with, as far as the house has it on record."""
    op.execute(
        "UPDATE versions SET chip_milliseconds = COALESCE((SELECT SUM(milliseconds) FROM compute_entries "
        "WHERE compute_entries.job_id = versions.job_id), 0) WHERE job_id IS NOT NULL"
    )


def upgrade() -> None:
    op.create_table(
        "artifact_files",
        sa.Column("artifact", sa.String(length=71), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("artifact", "path", name=op.f("pk_artifact_files")),
    )
    with op.batch_alter_table("artifact_files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_artifact_files_digest"), ["digest"], unique=False)

    op.create_table(
        "blobs",
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blobs")),
    )
    with op.batch_alter_table("blobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blobs_checked_at"), ["checked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_blobs_touched_at"), ["touched_at"], unique=False)

    op.create_table(
        "uploads",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=True),
        sa.Column("received", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_uploads_secret_hash")),
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_uploads_digest"), ["digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_uploads_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index("ix_uploads_person_id_digest", ["person_id", "digest"], unique=False)

    op.create_table(
        "access_requests",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejection_reason", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_access_requests_decided_by_people")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_access_requests_model_id_models")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_access_requests_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_requests")),
        sa.UniqueConstraint("model_id", "person_id", name=op.f("uq_access_requests_model_id_person_id")),
    )
    with op.batch_alter_table("access_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_requests_person_id"), ["person_id"], unique=False)

    op.create_table(
        "model_grants",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_model_grants_department_id_departments")
        ),
        sa.ForeignKeyConstraint(["granted_by"], ["people.id"], name=op.f("fk_model_grants_granted_by_people")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_model_grants_model_id_models")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_grants")),
        sa.UniqueConstraint("model_id", "department_id", name=op.f("uq_model_grants_model_id_department_id")),
    )
    with op.batch_alter_table("model_grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_model_grants_department_id"), ["department_id"], unique=False)

    op.create_table(
        "model_names",
        sa.Column("name", sa.String(length=96), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_model_names_model_id_models")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_model_names")),
    )
    with op.batch_alter_table("model_names", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_model_names_model_id"), ["model_id"], unique=False)

    by_bytes = "C" if op.get_bind().dialect.name == "postgresql" else None
    op.create_table(
        "search_terms",
        sa.Column("term", sa.String(length=128, collation=by_bytes), nullable=False),
        sa.Column("name", sa.String(length=96, collation=by_bytes), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_search_terms_model_id_models")),
        sa.PrimaryKeyConstraint("term", "name", name=op.f("pk_search_terms")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_terms_model_id_term", "search_terms", ["model_id", "term"], unique=False)

    op.create_table(
        "adapter_sketches",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("base_id", sa.Uuid(), nullable=False),
        sa.Column("norm", sa.Double(), nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["versions.id"], name=op.f("fk_adapter_sketches_base_id_versions")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_adapter_sketches_version_id_versions")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_adapter_sketches")),
    )
    with op.batch_alter_table("adapter_sketches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_adapter_sketches_base_id"), ["base_id"], unique=False)

    op.create_table(
        "alias_moves",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("alias", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_alias_moves_actor_id_people")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_alias_moves_model_id_models")),
        sa.ForeignKeyConstraint(["previous_id"], ["versions.id"], name=op.f("fk_alias_moves_previous_id_versions")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_alias_moves_version_id_versions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias_moves")),
    )
    with op.batch_alter_table("alias_moves", schema=None) as batch_op:
        batch_op.create_index("ix_alias_moves_model_id_alias_at", ["model_id", "alias", "at"], unique=False)

    op.create_table(
        "aliases",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("protected", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_aliases_model_id_models")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_aliases_version_id_versions")),
        sa.PrimaryKeyConstraint("model_id", "name", name=op.f("pk_aliases")),
    )
    with op.batch_alter_table("aliases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_aliases_version_id"), ["version_id"], unique=False)

    op.create_table(
        "commits",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("sha", sa.String(length=40), nullable=False),
        sa.Column("artifact", sa.String(length=71), nullable=False),
        sa.Column("title", sa.String(length=256), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_commits_author_id_people")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_commits_model_id_models")),
        sa.ForeignKeyConstraint(["parent_id"], ["commits.id"], name=op.f("fk_commits_parent_id_commits")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_commits_version_id_versions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commits")),
        sa.UniqueConstraint("model_id", "sha", name=op.f("uq_commits_model_id_sha")),
    )
    with op.batch_alter_table("commits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_commits_artifact"), ["artifact"], unique=False)
        batch_op.create_index("ix_commits_model_id_created_at", ["model_id", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_commits_sha"), ["sha"], unique=False)
        batch_op.create_index(batch_op.f("ix_commits_version_id"), ["version_id"], unique=False)

    op.create_table(
        "dataset_uses",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_dataset_uses_version_id_versions")),
        sa.PrimaryKeyConstraint("version_id", "digest", name=op.f("pk_dataset_uses")),
    )
    with op.batch_alter_table("dataset_uses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_uses_ref"), ["ref"], unique=False)

    op.create_table(
        "twins",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("cosine", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["versions.id"], name=op.f("fk_twins_other_id_versions")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_twins_version_id_versions")),
        sa.PrimaryKeyConstraint("version_id", "other_id", name=op.f("pk_twins")),
    )
    op.create_table(
        "refs",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(length=96), nullable=False),
        sa.Column("commit_id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["commit_id"], ["commits.id"], name=op.f("fk_refs_commit_id_commits")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_refs_model_id_models")),
        sa.PrimaryKeyConstraint("model_id", "kind", "name", name=op.f("pk_refs")),
    )
    with op.batch_alter_table("refs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refs_commit_id"), ["commit_id"], unique=False)

    with op.batch_alter_table("evaluation_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evaluation_runs_outcomes"), ["outcomes"], unique=False)

    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("alias", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("alias_was_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("accepted_differences", sa.JSON(), server_default="[]", nullable=False))

    with op.batch_alter_table("departments", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("quota_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )

    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.add_column(sa.Column("visibility", sa.String(32), server_default="internal", nullable=False))
        batch_op.add_column(sa.Column("gating", sa.String(32), server_default="manual", nullable=False))
        batch_op.add_column(sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE models SET updated_at = COALESCE((SELECT MAX(versions.created_at) FROM versions "
        "WHERE versions.model_id = models.id), created_at)"
    )
    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.alter_column("updated_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.create_index("ix_models_updated_at_name", ["updated_at", "name"], unique=False)

    with op.batch_alter_table("versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("card", sa.JSON(), server_default="{}", nullable=False))
        batch_op.add_column(sa.Column("restrictions", sa.JSON(), server_default="[]", nullable=False))
        batch_op.add_column(
            sa.Column(
                "chip_milliseconds",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                server_default="0",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("flop", sa.Double(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("watt_hours", sa.Double(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("successor_id", sa.Uuid(), nullable=True))

    guard("alias_moves", op.get_bind().dialect.name == "postgresql")
    commit_what_is_there()
    fill_ledgers()


def downgrade() -> None:
    with op.batch_alter_table("versions", schema=None) as batch_op:
        batch_op.drop_column("successor_id")
        batch_op.drop_column("watt_hours")
        batch_op.drop_column("flop")
        batch_op.drop_column("chip_milliseconds")
        batch_op.drop_column("restrictions")
        batch_op.drop_column("card")

    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.drop_index("ix_models_updated_at_name")
        batch_op.drop_column("updated_at")
        batch_op.drop_column("gating")
        batch_op.drop_column("visibility")

    with op.batch_alter_table("departments", schema=None) as batch_op:
        batch_op.drop_column("quota_bytes")

    with op.batch_alter_table("evaluation_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evaluation_runs_outcomes"))

    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.drop_column("accepted_differences")
        batch_op.drop_column("alias_was_id")
        batch_op.drop_column("alias")

    with op.batch_alter_table("refs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refs_commit_id"))

    op.drop_table("refs")
    op.drop_table("twins")
    with op.batch_alter_table("dataset_uses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dataset_uses_ref"))

    op.drop_table("dataset_uses")
    with op.batch_alter_table("commits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_commits_version_id"))
        batch_op.drop_index(batch_op.f("ix_commits_sha"))
        batch_op.drop_index("ix_commits_model_id_created_at")
        batch_op.drop_index(batch_op.f("ix_commits_artifact"))

    op.drop_table("commits")
    with op.batch_alter_table("aliases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_aliases_version_id"))

    op.drop_table("aliases")
    with op.batch_alter_table("alias_moves", schema=None) as batch_op:
        batch_op.drop_index("ix_alias_moves_model_id_alias_at")

    op.drop_table("alias_moves")
    with op.batch_alter_table("adapter_sketches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_adapter_sketches_base_id"))

    op.drop_table("adapter_sketches")
    op.drop_index("ix_search_terms_model_id_term", "search_terms")
    op.drop_table("search_terms")
    with op.batch_alter_table("model_names", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_model_names_model_id"))

    op.drop_table("model_names")
    with op.batch_alter_table("model_grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_model_grants_department_id"))

    op.drop_table("model_grants")
    with op.batch_alter_table("access_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_requests_person_id"))

    op.drop_table("access_requests")
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_index("ix_uploads_person_id_digest")
        batch_op.drop_index(batch_op.f("ix_uploads_expires_at"))
        batch_op.drop_index(batch_op.f("ix_uploads_digest"))

    op.drop_table("uploads")
    with op.batch_alter_table("blobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blobs_touched_at"))
        batch_op.drop_index(batch_op.f("ix_blobs_checked_at"))

    op.drop_table("blobs")
    with op.batch_alter_table("artifact_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_artifact_files_digest"))

    op.drop_table("artifact_files")
