from fastapi import FastAPI

from shop import orders, reports

app = FastAPI()
app.include_router(orders.router)
app.include_router(reports.router)
