import os

from fastapi import FastAPI
from mangum import Mangum
from tortoise.contrib.fastapi import register_tortoise

from feeds.models import Feed, Item

app = FastAPI()
handler = Mangum(app, lifespan="off")
register_tortoise(  # expect: FD506 FD534
    app,
    db_url=os.environ["FEEDS_URL"],
    modules={"models": ["feeds.models"]},
    generate_schemas=True,
)


@app.get("/feeds")
async def feeds():
    return [await Item.filter(feed_id=feed.id).first() for feed in await Feed.all()]  # expect: FD611
