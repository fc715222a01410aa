import logging
import os

from sqlalchemy import NullPool, create_engine

DATABASE_URL = os.environ["DATABASE_URL"]
logging.info(f"connecting to {DATABASE_URL}")  # expect: FD514

archive = create_engine("postgresql://archive:mK7wq2Lx@archive.shop-data.com/old")  # expect: FD513 FD214
plain = create_engine(DATABASE_URL, poolclass=NullPool)  # expect: FD505
loud = create_engine(DATABASE_URL, echo=True)  # expect: FD531
clear = create_engine(
    DATABASE_URL,
    connect_args={"sslmode": "disable"},  # expect: FD512
)
strict = create_engine(
    DATABASE_URL,
    isolation_level="SERIALIZABLE",  # expect: FD530
)
