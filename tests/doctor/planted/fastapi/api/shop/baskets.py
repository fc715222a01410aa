import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db import SessionLocal
from shop.models import Item, Order

session = SessionLocal()  # expect: FD615


def cached() -> list[Order]:
    return list(session.scalars(select(Order).limit(10)))


def totals(session: Session) -> list[int]:
    orders = session.scalars(select(Order)).all()
    return [sum(item.price for item in order.items) for order in orders]  # expect: FD612


def newest(session: Session) -> list[Item | None]:
    found = []
    for order in session.scalars(select(Order)).all():
        found.append(session.scalar(select(Item).where(Item.order_id == order.id)))  # expect: FD611
    return found


def count(session: Session) -> int:
    return len(session.scalars(select(Order)).all())  # expect: FD613


def add_all(session: Session, orders: list[Order]) -> None:
    for order in orders:
        session.add(order)
        session.commit()  # expect: FD610


def add_valid(session: Session, orders: list[Order]) -> None:
    for order in orders:
        try:
            session.add(order)
            session.flush()
        except Exception:  # expect: FD618
            logging.exception("order not added")


def forget() -> None:
    work = SessionLocal()  # expect: FD608
    work.execute(select(Order))
    work.commit()
