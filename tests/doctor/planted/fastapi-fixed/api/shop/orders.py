import httpx
from fastapi import APIRouter, BackgroundTasks, Depends
from fastapi.responses import StreamingResponse
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shop.db import SessionLocal, get_session
from shop.models import Order

router = APIRouter()


def send_receipt(number: int) -> None:
    with SessionLocal() as session:
        customer = session.scalar(select(Order.customer).where(Order.id == number))
    httpx.post("https://mail.example.com/send", json={"to": customer})


@router.get("/orders")
def orders(after: int, session: Session = Depends(get_session)):
    query = select(Order).where(Order.id > after).order_by(Order.id)
    return session.scalars(query.limit(20)).all()


@router.get("/orders/find")
def find(customer: str, session: Session = Depends(get_session)):
    statement = text("select * from orders where customer = :customer")
    return session.execute(statement, {"customer": customer}).all()


@router.get("/orders/export")
def export():
    with SessionLocal() as session:
        rows = session.execute(select(Order)).all()
    return StreamingResponse(f"{row}\n" for row in rows)


@router.get("/orders/{number}")
def order(number: int, session: Session = Depends(get_session)):
    return session.get(Order, number)


@router.post("/orders/{number}/pay")
def pay(number: int):
    answer = httpx.post("https://pay.example.com/charges", timeout=30)
    with SessionLocal.begin() as session:
        order = session.get(Order, number)
        order.customer = answer.json()["name"]


@router.post("/orders/{number}/receipt")
def receipt(number: int, tasks: BackgroundTasks):
    tasks.add_task(send_receipt, number)
