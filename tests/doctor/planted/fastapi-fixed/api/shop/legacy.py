import logging
import os

from sqlalchemy import create_engine, make_url

DATABASE_URL = os.environ["DATABASE_URL"]
logging.info("connecting to %s", make_url(DATABASE_URL).host)

ARCHIVE = {
    "host": "archive.shop-data.com",
    "dbname": "old",
    "user": "archive",
    "password": os.environ["ARCHIVE_PASSWORD"],
}
loud = create_engine(DATABASE_URL, echo=os.environ.get("SQL_ECHO") == "1")
clear = create_engine(
    DATABASE_URL,
    connect_args={"sslmode": "verify-full", "sslrootcert": "system"},
)
strict = create_engine(
    DATABASE_URL,
    isolation_level="READ COMMITTED",
)
