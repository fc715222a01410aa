import os

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=8, max_overflow=2)
SessionLocal = sessionmaker(engine)


def get_session():
    with SessionLocal() as session:
        yield session
