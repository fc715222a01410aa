import httpx
from fastapi import APIRouter, BackgroundTasks, Depends
from fastapi.responses import StreamingResponse
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shop.db import get_session
from shop.models import Order

router = APIRouter()


def send_receipt(number: int, session: Session) -> None:
    order = session.get(Order, number)
    httpx.post("https://mail.example.com/send", json={"to": order.customer})  # expect: FD603


@router.get("/orders")
def orders(page: int, session: Session = Depends(get_session)):
    query = select(Order).order_by(Order.id)
    return session.scalars(query.offset(page * 20).limit(20)).all()  # expect: FD614


@router.get("/orders/find")
def find(customer: str, session: Session = Depends(get_session)):
    return session.execute(text(f"select * from orders where customer = '{customer}'")).all()  # expect: FD604


@router.get("/orders/export")
def export(session: Session = Depends(get_session)):
    rows = session.execute(select(Order))
    return StreamingResponse(f"{row}\n" for row in rows)  # expect: FD619


@router.get("/orders/{number}")
async def order(number: int, session: Session = Depends(get_session)):
    return session.get(Order, number)  # expect: FD602


@router.post("/orders/{number}/pay")
def pay(number: int, session: Session = Depends(get_session)):
    order = session.get(Order, number)
    answer = httpx.post("https://pay.example.com/charges", timeout=30)  # expect: FD603
    order.customer = answer.json()["name"]
    session.commit()  # expect: FD622


@router.post("/orders/{number}/receipt")
def receipt(number: int, tasks: BackgroundTasks, session: Session = Depends(get_session)):
    tasks.add_task(send_receipt, number, session)  # expect: FD601
