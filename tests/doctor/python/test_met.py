"""What applications that the doctor met later write: missed, or found where there was nothing."""

import pytest

HEAD = (
    "import asyncio\nfrom typing import Annotated\nfrom fastapi import APIRouter, Depends\n"
    "from sqlalchemy import select\nfrom sqlalchemy.orm import Session\n"
    "from app.db import get_session, Order\nfrom app.users import get_current_user\n"
    "router = APIRouter()\n"
)
ROUTE = HEAD + (
    "@router.post('/orders')\nasync def order(session: Session = Depends(get_session)):\n    {}\n"
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("asyncio.create_task(tell(session))", 1),
        ("asyncio.create_task(tell(session=session))", 1),
        ("import asyncio as a\n    asyncio.create_task(tell(1, session=session))", 1),
        ("await asyncio.create_task(tell(session))", 0),
        ("task = asyncio.create_task(tell(session))\n    await task", 0),
        ("task = asyncio.create_task(tell(session))\n    await asyncio.gather(task)", 0),
        ("task = asyncio.create_task(tell(session))\n    await other", 1),
    ],
)
def test_tasks_that_the_request_waits_for(finds, body, found):
    assert len(finds("FD601", {"app/a.py": ROUTE.format(body)})) == found


@pytest.mark.parametrize(
    ("above", "found"),
    [
        ("if url.startswith('sqlite'):", 0),
        ("if url.get_backend_name() == 'sqlite':", 0),
        ("if url.startswith('postgresql'):", 1),
        ("if is_sqlite:\n        pass\n    else:", 1),
    ],
)
def test_tables_that_are_made_for_sqlite_alone(finds, above, found):
    alembic = {"migrations/env.py": "from alembic import context\nimport sqlalchemy\n"}
    text = (
        "from app.models import Base, engine\ndef create_app(url, is_sqlite):\n"
        f"    {above}\n        Base.metadata.create_all(engine)\n"
    )
    assert len(finds("FD527", {**alembic, "app/a.py": "import sqlalchemy\n" + text})) == found


MODELS = (
    "from sqlalchemy.orm import DeclarativeBase, relationship\nclass Base(DeclarativeBase):\n"
    "    pass\nclass Agency(Base):\n    __tablename__ = 'a'\n    top = relationship('Agency')\n"
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("print(one.top)", 1),
        ("one.top = None\n        print(one.top)", 0),
        ("print(one.top)\n        one.top = None", 1),
        ("other.top = None\n        print(one.top)", 1),
    ],
)
def test_a_relation_that_the_loop_sets_itself(finds, body, found):
    text = (
        "from sqlalchemy import select\nfrom sqlalchemy.orm import Session\n"
        "from app.models import Agency\ndef run(session: Session, other):\n"
        f"    for one in session.scalars(select(Agency)).all():\n        {body}\n"
    )
    assert len(finds("FD612", {"app/models.py": MODELS, "app/a.py": text})) == found


def test_a_method_of_the_session_is_not_one_of_the_class(finds):
    text = (
        "from sqlalchemy.orm import Session\nfrom app.models import A\nclass Service:\n"
        "    @staticmethod\n    def delete(session: Session, id):\n"
        "        session.delete(session.query(A).filter_by(id=id).first())\n"
        "    @staticmethod\n    def clear(session: Session):\n"
        "        for one in session.query(A).all():\n            {}\n"
    )
    assert finds("FD611", {"app/a.py": text.format("session.delete(one)")}) == []
    asked = text.format("Service.delete(session, one.id)")
    assert len(finds("FD611", {"app/a.py": asked})) == 1


def test_the_engine_of_the_application_is_named_before_that_of_a_script(finds):
    engine = (
        "import os\nfrom sqlalchemy import create_engine\nengine = create_engine(os.environ['A'])\n"
    )
    files = {"app/backend_pre_start.py": engine, "app/db.py": engine}
    assert finds("FD508", files) == ["app/db.py:3"]
    assert finds("FD508", {"ping.py": engine}) == ["ping.py:3"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("rows = session.query(Order).filter_by(a=1)\n    return len(rows.all())", 1),
        ("rows = other()\n    return len(rows.all())", 0),
        ("rows = session.query(Order)\n    rows = rows.limit(1)\n    return len(rows.all())", 0),
    ],
)
def test_the_length_of_a_query_that_a_variable_holds(finds, body, found):
    text = f"from sqlalchemy.orm import Session\ndef run(session: Session):\n    {body}\n"
    assert len(finds("FD613", {"app/a.py": text})) == found


ASKS = HEAD + (
    "CurrentUser = Annotated[dict, Depends(get_current_user)]\nDb = Annotated[Session, "
    "Depends(get_session)]\n@router.get('/orders')\ndef orders(user: CurrentUser, session: Db):\n"
    "    return session.get(Order, user.id)\n"
)


@pytest.mark.parametrize(
    ("route", "found"),
    [
        ("@router.delete('/o/{id}')\ndef remove(id: int, session: Db):\n"
         "    session.delete(session.get(Order, id))\n", 1),
        # A setter and a commit write too.
        ("@router.put('/o/{id}')\ndef change(id: int, session: Db):\n"
         "    session.get(Order, id).state = 1\n    session.commit()\n", 1),
        # What the address names does not say who calls.
        ("@router.delete('/c/{customer_id}')\ndef remove(customer_id: int, session: Db):\n"
         "    session.delete(session.get(Order, customer_id))\n", 1),
        # A docstring asks nobody; a dependency does, through an alias too.
        ("@router.delete('/o/{id}')\ndef remove(id: int, session: Db):\n    '''For admins.'''\n"
         "    session.delete(session.get(Order, id))\n", 1),
        ("@router.delete('/o/{id}')\ndef remove(id: int, user: CurrentUser, session: Db):\n"
         "    session.delete(session.get(Order, id))\n", 0),
        ("@router.delete('/o/{id}')\ndef remove(id: int, session: Db):\n    check_owner(id)\n"
         "    session.delete(session.get(Order, id))\n", 0),
    ],
)  # fmt: skip
def test_who_asks_before_a_write(finds, route, found):
    database = {
        "app/db.py": "from sqlalchemy.orm import Session\ndef get_session():\n    yield 1\n"
    }
    assert len(finds("FD622", {"app/a.py": ASKS + route, **database})) == found
