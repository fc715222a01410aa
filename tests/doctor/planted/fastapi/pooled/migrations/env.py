import os

from alembic import context

context.config.set_main_option("sqlalchemy.url", os.environ["POOLED_URL"])  # expect: FD526
