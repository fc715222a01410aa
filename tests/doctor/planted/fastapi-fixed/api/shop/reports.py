import os

from fastapi import APIRouter
from psycopg2.pool import ThreadedConnectionPool
from sqlalchemy import text

from shop.analytics import engine

router = APIRouter()
pool = ThreadedConnectionPool(1, 5, os.environ["DATABASE_URL"])


@router.get("/reports/sales")
def sales():
    with engine.connect() as connection:
        return connection.execute(text("select sum(price) from items")).scalar()


@router.get("/reports/orders")
def orders():
    connection = pool.getconn()
    try:
        cursor = connection.cursor()
        cursor.execute("select count(*) from orders")
        return cursor.fetchone()
    finally:
        pool.putconn(connection)
