import multiprocessing
import os

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])  # expect: FD515


def import_part(part: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("insert into parts values (:part)"), {"part": part})


def import_all(parts: list[str]) -> None:
    with multiprocessing.Pool(4) as processes:
        processes.map(import_part, parts)
