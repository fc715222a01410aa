import os

from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from shop.models import Item, Order
from shop.payments import Payments


class Archive:
    def __init__(self) -> None:
        self.engine = create_engine(os.environ["ARCHIVE_URL"])  # expect: FD501

    def size(self) -> int:
        with self.engine.connect() as connection:
            return connection.execute(text("select count(*) from orders")).scalar_one()


class Stock:
    def __init__(self, session: Session, payments: Payments) -> None:
        self.session = session
        self.payments = payments

    def orders(self) -> list[Order]:
        return list(self.session.scalars(select(Order).limit(100)).all())

    def items_of(self, order: Order) -> list[Item]:
        return list(self.session.scalars(select(Item).where(Item.order_id == order.id)))

    def sell(self, number: int) -> None:
        item = self.session.get(Item, number)
        self.payments.charge(item.price)  # expect: FD603
        self.session.delete(item)
        self.session.commit()

    def baskets(self) -> list[list[Item]]:
        return [self.items_of(order) for order in self.orders()]  # expect: FD611


def put(session: Session, item: Item) -> None:
    session.add(item)
    session.commit()


def put_all(session: Session, items: list[Item]) -> None:
    for item in items:
        put(session, item)  # expect: FD610
