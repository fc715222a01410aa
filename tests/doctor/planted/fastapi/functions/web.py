import os
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI
from mangum import Mangum


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.pool = await asyncpg.create_pool(os.environ["FUNCTION_URL"], min_size=0, max_size=1)
    yield


app = FastAPI(lifespan=lifespan)
handler = Mangum(app)  # expect: FD522
