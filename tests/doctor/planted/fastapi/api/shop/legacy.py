import logging
import os

import psycopg2
from sqlalchemy import NullPool, create_engine

DATABASE_URL = os.environ["DATABASE_URL"]
logging.info(f"connecting to {DATABASE_URL}")  # expect: FD514

archive = create_engine("postgresql://archive:mK7wq2Lx@archive.shop-data.com/old")  # expect: FD214
ARCHIVE = {
    "host": "archive.shop-data.com",
    "dbname": "old",
    "user": "archive",
    "password": "mK7wq2Lx",  # expect: FD513
}
plain = create_engine(DATABASE_URL, poolclass=NullPool)  # expect: FD505
loud = create_engine(DATABASE_URL, echo=True)  # expect: FD531
clear = create_engine(
    DATABASE_URL,
    connect_args={"sslmode": "disable"},  # expect: FD512
)


def archived() -> list:
    connection = psycopg2.connect(**ARCHIVE)
    try:
        cursor = connection.cursor()
        cursor.execute("select * from orders")
        return cursor.fetchall()
    finally:
        connection.close()


strict = create_engine(
    DATABASE_URL,
    isolation_level="SERIALIZABLE",  # expect: FD530
)
