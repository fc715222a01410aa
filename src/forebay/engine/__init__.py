"""The query engine: a request in Prisma's JSON protocol becomes SQL, and rows become its answer."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forebay.engine.engine import Engine

__all__ = ["Engine"]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Load the engine when it is asked for: whoever needs its errors alone does without."""
        if name == "Engine":
            from forebay.engine.engine import Engine

            return Engine
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
