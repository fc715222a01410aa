import os

import psycopg2
from fastapi import APIRouter
from psycopg2.pool import SimpleConnectionPool
from sqlalchemy import create_engine, text

router = APIRouter()
shared = psycopg2.connect(os.environ["DATABASE_URL"])  # expect: FD503
pool = SimpleConnectionPool(1, 5, os.environ["DATABASE_URL"])  # expect: FD516


@router.get("/reports/sales")
def sales():
    engine = create_engine(os.environ["DATABASE_URL"])  # expect: FD501
    with engine.connect() as connection:
        return connection.execute(text("select sum(price) from items")).scalar()


@router.get("/reports/customers")
def customers():
    connection = psycopg2.connect(os.environ["DATABASE_URL"])  # expect: FD502
    try:
        cursor = connection.cursor()
        cursor.execute("select count(distinct customer) from orders")
        return cursor.fetchone()
    finally:
        connection.close()


@router.get("/reports/items")
def items():
    cursor = shared.cursor()
    cursor.execute("select count(*) from items")
    return cursor.fetchone()


@router.get("/reports/orders")
def orders():
    connection = pool.getconn()  # expect: FD621
    cursor = connection.cursor()
    cursor.execute("select count(*) from orders")
    found = cursor.fetchone()
    pool.putconn(connection)
    return found
