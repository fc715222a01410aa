"""What is wrong with an extension when it is loaded, or with a request when a rule forbids it."""

from __future__ import annotations

from typing import ClassVar

from forebay.engine.failures import RequestError
from forebay.errors import ConfigurationError


class ExtensionInvalid(ConfigurationError):
    """An extension does not fit the schema, or leaves out what it says it covers."""

    code: ClassVar[str] = "FB1004"


class Forbidden(RequestError):
    """An extension's rule forbids a request; nothing of it was sent to the database."""

    code: ClassVar[str] = "FB1303"

    def __init__(self, message: str, hint: str) -> None:
        super().__init__("FB1303", f"{message} {hint}")
