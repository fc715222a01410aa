import os

SQLALCHEMY_DATABASE_URI = os.environ["DESK_URL"]
SQLALCHEMY_ENGINE_OPTIONS = {"pool_size": 8, "max_overflow": 2}
