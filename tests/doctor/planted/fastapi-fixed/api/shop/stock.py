import os

from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session, selectinload

from shop.models import Item, Order
from shop.payments import Payments

engine = create_engine(os.environ["ARCHIVE_URL"], pool_pre_ping=True)


class Archive:
    def __init__(self) -> None:
        self.engine = engine

    def size(self) -> int:
        with self.engine.connect() as connection:
            return connection.execute(text("select count(*) from orders")).scalar_one()


class Stock:
    def __init__(self, session: Session, payments: Payments) -> None:
        self.session = session
        self.payments = payments

    def orders(self) -> list[Order]:
        query = select(Order).options(selectinload(Order.items)).limit(100)
        return list(self.session.scalars(query).all())

    def price_of(self, number: int) -> int:
        return self.session.scalars(select(Item.price).where(Item.id == number)).one()

    def sell(self, number: int) -> None:
        price = self.price_of(number)
        self.session.commit()
        self.payments.charge(price)
        self.session.delete(self.session.get(Item, number))
        self.session.commit()

    def baskets(self) -> list[list[Item]]:
        return [order.items for order in self.orders()]


def put(session: Session, item: Item) -> None:
    session.add(item)


def put_all(session: Session, items: list[Item]) -> None:
    for item in items:
        put(session, item)
    session.commit()
