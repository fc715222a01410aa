import os

SQLALCHEMY_DATABASE_URI = os.environ["DESK_URL"]
SQLALCHEMY_ENGINE_OPTIONS = {"pool_size": 60, "max_overflow": 60}
