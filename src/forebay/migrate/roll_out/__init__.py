"""Which queries fail while a client and a database of different schemas meet: during a roll-out."""

from forebay.migrate.roll_out.breaks import Break
from forebay.migrate.roll_out.compare import breaks, compare

__all__ = ["Break", "breaks", "compare"]
