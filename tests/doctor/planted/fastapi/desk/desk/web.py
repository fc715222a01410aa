from threading import Thread

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config.from_object("desk.settings")
db = SQLAlchemy(app)  # expect: FD507


class Ticket(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    agent_id = db.Column(db.Integer)


class Agent(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)


def close_old() -> None:
    db.session.execute(db.text("delete from ticket where id < 1000"))  # expect: FD623
    db.session.commit()


@app.get("/tickets")
def tickets():
    return [Agent.query.get(one.agent_id).name for one in Ticket.query.all()]  # expect: FD611


@app.post("/tickets")
def add():
    for number in request.json:
        db.session.add(Ticket(id=number))
        db.session.commit()  # expect: FD610
    Thread(target=close_old).start()
    return "", 204
