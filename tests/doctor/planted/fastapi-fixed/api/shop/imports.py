import multiprocessing
import os

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])


def import_part(part: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("insert into parts values (:part)"), {"part": part})


def forget_connections() -> None:
    engine.dispose(close=False)


def import_all(parts: list[str]) -> None:
    with multiprocessing.Pool(4, initializer=forget_connections) as processes:
        processes.map(import_part, parts)
