import logging

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from shop.db import SessionLocal
from shop.models import Item, Order


def cached() -> list[Order]:
    with SessionLocal() as session:
        return list(session.scalars(select(Order).limit(10)))


def totals(session: Session) -> list[int]:
    orders = session.scalars(select(Order).options(selectinload(Order.items))).all()
    return [sum(item.price for item in order.items) for order in orders]


def newest(session: Session) -> list[Item]:
    return list(session.scalars(select(Item).join(Order).order_by(Item.id.desc())))


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Order))


def add_all(session: Session, orders: list[Order]) -> None:
    for order in orders:
        session.add(order)
    session.commit()


def add_valid(session: Session, orders: list[Order]) -> None:
    for order in orders:
        try:
            with session.begin_nested():
                session.add(order)
        except Exception:
            logging.exception("order not added")


def forget() -> None:
    with SessionLocal() as work:
        work.execute(select(Order))
        work.commit()
