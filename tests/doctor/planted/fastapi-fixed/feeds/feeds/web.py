import os

from fastapi import FastAPI
from mangum import Mangum
from tortoise.contrib.fastapi import register_tortoise

from feeds.models import Feed, Item

app = FastAPI()
handler = Mangum(app, lifespan="off")
register_tortoise(
    app,
    db_url=os.environ["FEEDS_URL"] + "?minsize=1&maxsize=1",
    modules={"models": ["feeds.models"]},
)


@app.get("/feeds")
async def feeds():
    feeds = await Feed.all()
    return await Item.filter(feed_id__in=[feed.id for feed in feeds])
