from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from shop.db import get_session
from shop.models import Item
from shop.payments import Payments
from shop.people import get_current_user
from shop.stock import Archive, Stock, put

router = APIRouter()


def stock(session: Session = Depends(get_session), payments: Payments = Depends()) -> Stock:
    return Stock(session, payments)


@router.get("/items/archive")
def archive() -> int:
    return Archive().size()


@router.get("/items/baskets")
def baskets(stock: Stock = Depends(stock)):
    return stock.baskets()


@router.post("/items")
def add(price: int, session: Session = Depends(get_session), user: int = Depends(get_current_user)):
    put(session, Item(price=price, seller=user))
    session.commit()


@router.put("/items/{number}")
def replace(
    number: int,
    price: int,
    session: Session = Depends(get_session),
    user: int = Depends(get_current_user),
):
    put(session, Item(id=number, price=price, seller=user))
    session.commit()
