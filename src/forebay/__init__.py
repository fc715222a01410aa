"""Everything between serverless functions and PostgreSQL: a gateway and a typed data layer.

Importing this package loads nothing else, so that a function pays only for what it uses.
"""

__version__ = "0.1.0"
