"""Extensions: a new client that does more, or less, and shares the old one's connections."""

from forebay.client.extensions.extension import Call, Computed, Extension
from forebay.client.extensions.row_level_security import RowLevelSecurity
from forebay.client.extensions.scoping.failures import ExtensionInvalid, Forbidden
from forebay.client.extensions.soft_delete import SoftDelete
from forebay.client.extensions.tenant import Tenant

__all__ = [
    "Call",
    "Computed",
    "Extension",
    "ExtensionInvalid",
    "Forbidden",
    "RowLevelSecurity",
    "SoftDelete",
    "Tenant",
]
