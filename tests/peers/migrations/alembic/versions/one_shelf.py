"""Make the first table."""

import sqlalchemy as sa
from alembic import op

from tests.peers.migrations.locked import step

revision = "shelf"
down_revision = None


def upgrade() -> None:
    op.create_table("step", sa.Column("name", sa.Text), sa.Column("held", sa.Integer))
    op.create_table("shelf", sa.Column("id", sa.Integer, primary_key=True))
    op.execute(step("shelf"))
