import os

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from shop.models import Base

engine = create_engine(os.environ["DATABASE_URL"], pool_size=20, max_overflow=30)  # expect: FD507
SessionLocal = sessionmaker(engine)
Base.metadata.create_all(engine)  # expect: FD527


def get_session():
    session = SessionLocal()
    yield session  # expect: FD609
    session.close()
