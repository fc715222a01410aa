"""What may be given for values that have several forms."""

from __future__ import annotations

from typing import Any, TypeAlias

from forebay.client.fields import Json

# A text is JSON already; everything else is written as JSON.
JsonInput: TypeAlias = Json | str | int | float | bool | dict[str, Any] | list[Any]
