from engine import engine
from fastapi import FastAPI
from mangum import Mangum
from sqlalchemy import text

app = FastAPI()
handler = Mangum(app, lifespan="off")


@app.get("/")
async def answer():
    async with engine.connect() as connection:
        return (await connection.execute(text("select 1"))).scalar()
