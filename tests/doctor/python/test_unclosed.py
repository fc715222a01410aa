"""Sessions and connections that nobody closes, and those that somebody does."""

import pytest

HEAD = """\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker
engine = create_engine("postgresql://db.internal/shop")
SessionLocal = sessionmaker(engine)
Scoped = scoped_session(SessionLocal)
app = FastAPI()
def get_db():
    with SessionLocal() as session:
        yield session
@app.get("/x")
"""
RUN = "c.execute(text('select 1')).scalar()"


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        (f"def x(c: Session = Depends(SessionLocal)):\n    return {RUN}", True),
        (f"def x(c: Session = Depends(get_db)):\n    return {RUN}", False),
        (f"def x(c: Session = Depends(Scoped)):\n    return {RUN}", False),
        (f"def x():\n    c = engine.connect()\n    return {RUN}", True),
        (f"def x():\n    c = engine.connect()\n    found = {RUN}\n    c.close()\n    return found",
         True),
        (f"def x():\n    c = engine.connect()\n    try:\n        return {RUN}\n"
         "    finally:\n        c.close()", False),
        (f"def x():\n    with engine.connect() as c:\n        return {RUN}", False),
        (f"def x():\n    c = engine.connect()\n    with c:\n        return {RUN}", False),
        ("def x():\n    c = engine.connect()\n    return c", False),
        (f"def x():\n    c = other.connect()\n    return {RUN}", False),
    ],
)  # fmt: skip
def test_what_a_route_takes_it_gives_back(finds, body, is_found):
    found = finds("FD608", {"app/main.py": f"{HEAD}{body}\n"})
    assert len(found) == is_found
