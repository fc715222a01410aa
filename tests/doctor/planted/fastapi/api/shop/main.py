from fastapi import FastAPI

from shop import items, orders, reports

app = FastAPI()
app.include_router(items.router)
app.include_router(orders.router)
app.include_router(reports.router)
