"""Make a table that refers to the first."""

import sqlalchemy as sa
from alembic import op

from tests.peers.migrations.locked import step

revision = "item"
down_revision = "shelf"


def upgrade() -> None:
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("shelf_id", sa.Integer, sa.ForeignKey("shelf.id")),
    )
    op.execute(step("item"))
