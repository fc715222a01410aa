"""Runs `alembic upgrade head` at a URL."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

config = Config()
config.set_main_option("script_location", str(Path(__file__).with_name("alembic")))
config.set_main_option("path_separator", "os")
config.set_main_option(
    "sqlalchemy.url",
    sys.argv[1].replace("postgresql://", "postgresql+psycopg://") + "?sslmode=disable",
)
command.upgrade(config, "head")
