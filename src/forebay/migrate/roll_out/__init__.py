"""Which queries fail while a client and a database of different schemas meet: during a roll-out."""

from forebay.migrate.roll_out.breaks import Break
from forebay.migrate.roll_out.client import read_client, read_revision
from forebay.migrate.roll_out.compare import breaks, compare
from forebay.migrate.roll_out.plan import Plan, plan

__all__ = ["Break", "Plan", "breaks", "compare", "plan", "read_client", "read_revision"]
