from threading import Thread

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select

app = Flask(__name__)
app.config.from_object("desk.settings")
db = SQLAlchemy(app)


class Ticket(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    agent_id = db.Column(db.Integer)


class Agent(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)


def close_old() -> None:
    with app.app_context():
        db.session.execute(db.text("delete from ticket where id < 1000"))
        db.session.commit()


@app.get("/tickets")
def tickets():
    query = select(Agent.name).join(Ticket, Ticket.agent_id == Agent.id)
    return list(db.session.scalars(query))


@app.post("/tickets")
def add():
    for number in request.json:
        db.session.add(Ticket(id=number))
    db.session.commit()
    Thread(target=close_old).start()
    return "", 204
