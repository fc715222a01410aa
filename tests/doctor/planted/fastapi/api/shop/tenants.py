from sqlalchemy import text

from shop.db import engine


def orders_of_tenant() -> list:
    with engine.begin() as connection:
        connection.execute(text("SET search_path TO tenant_a"))  # expect: FD605
        return list(connection.execute(text("select * from orders")))
