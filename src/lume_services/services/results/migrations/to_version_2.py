"""Version 2: links of documents, indexed paths, and documents listed by time."""

from __future__ import annotations

from alembic.operations import Operations
from sqlalchemy import Column, ForeignKey, Integer, Text

# Only SQLite had a version 1. The names are those of the path ``created``.
_TIME = "406effb1e9c59672"
_KEY = """
CASE WHEN json_type(data, '$."created"."@lume"') IS NOT NULL
THEN CASE coalesce(json_type(data, '$."created"."value"'), 'object')
WHEN 'object' THEN x'03' WHEN 'array' THEN x'04' WHEN 'false' THEN x'0500' WHEN 'true' THEN x'0501'
ELSE json_extract(data, '$."created"."value"') END
ELSE CASE json_type(data, '$."created"')
WHEN 'object' THEN x'03' WHEN 'array' THEN x'04' WHEN 'false' THEN x'0500' WHEN 'true' THEN x'0501'
ELSE json_extract(data, '$."created"') END END
"""


def upgrade(operations: Operations) -> None:
    """Add the tables and indexes."""
    operations.create_table(
        "links",
        Column("link", Text, primary_key=True),
        Column(
            "result_id", Integer, ForeignKey("results.id", ondelete="CASCADE"), primary_key=True
        ),
        sqlite_with_rowid=False,
    )
    operations.create_index("ix_links_result_id", "links", ["result_id"])
    operations.create_table("indexed_paths", Column("path", Text, primary_key=True))
    operations.drop_index("results_by_project", "results")
    operations.execute(f"CREATE INDEX results_at_{_TIME} ON results ({_KEY}, id)")
    operations.execute(
        f"CREATE INDEX results_of_project_at_{_TIME} ON results (project_name, {_KEY}, id)"
    )
