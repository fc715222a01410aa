from tortoise import fields
from tortoise.models import Model


class Feed(Model):
    id = fields.IntField(primary_key=True)


class Item(Model):
    id = fields.IntField(primary_key=True)
    feed_id = fields.IntField(db_index=True)
