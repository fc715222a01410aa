"""The base of every error raised by this package, and the tree below it.

    ForebayError
    ├── ConfigurationError       a setting, a file or an option is wrong             FB1001
    │   ├── BadSettings          settings are wrong; it holds every problem          FB1003
    │   ├── MissingExtra         an optional part of the package is not installed    FB1002
    │   └── ExtensionInvalid     an extension of the client does not fit the schema  FB1004
    ├── EmbeddedServerError      the development database cannot be started          FB1101
    ├── GatewayFailed            the data plane refused to start                     FB1201
    ├── RequestError             a request cannot be answered; it holds Prisma's code FB1301
    │   ├── Unsupported          the engine does not answer requests like it         FB1302
    │   └── Forbidden            a rule of an extension forbids the request          FB1303
    ├── MigrationError           a migration cannot go on; it holds Prisma's code     P3000
    │   ├── ResetNeeded          the database would have to be emptied first          FB1501
    │   └── Interrupted          a signal stopped the migrations                      FB1502
    ├── PrismaError              what a client raises: the tree in client/errors.py  FB1400
    ├── SchemaError              a Prisma schema is wrong; it holds what Prisma says P1012
    └── ConnectionFailed         cannot reach the database, or was refused by it     P1001
        ├── AuthenticationFailed the database refused the credentials                P1000
        ├── DatabaseMissing      the server has no database of that name             P1003
        └── DatabaseLost         the server went away in the middle of something     P1017

`code` is stable: Prisma's code where Prisma has one, Forebay's own otherwise. Every message says
what happened and to whom; every hint says what to do next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class ForebayError(Exception):
    """Base of every error raised by this package."""

    code: ClassVar[str] = "FB1000"

    def __init__(self, message: str, *, hint: str | None = None, **context: object) -> None:
        """Keep the message apart from the hint, so that a command may print them apart."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context = context

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> Any:
        # Exceptions are copied and pickled by calling their class with their text, and the classes
        # below take other things.
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[ForebayError], given: tuple[object, ...]) -> ForebayError:
    """Return an error as it was, without beginning it anew."""
    return kind.__new__(kind, *given)


class ConfigurationError(ForebayError):
    """A setting, a file or an option is wrong; names the file, the line and the nearest name."""

    code: ClassVar[str] = "FB1001"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where it is written, what it is, and the next step."""

    where: str | None
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class BadSettings(ConfigurationError):
    """Settings are wrong; says the first problem, and holds all of them."""

    code: ClassVar[str] = "FB1003"

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep every problem, in the order of the file."""
        super().__init__(str(problems[0]), hint=problems[0].hint)
        self.problems = tuple(problems)


class MissingExtra(ConfigurationError):
    """An optional part of the package is not installed; the hint is the line to type."""

    code: ClassVar[str] = "FB1002"

    def __init__(self, extra: str, *, needed_for: str) -> None:
        """Name the extra and what needed it."""
        super().__init__(
            f"{needed_for} needs the extra [{extra}], which is not installed",
            hint=f"pip install 'forebay[{extra}]'",
        )


class EmbeddedServerError(ForebayError):
    """The development database cannot be started, adopted or reached."""

    code: ClassVar[str] = "FB1101"


class GatewayFailed(ForebayError):
    """The data plane refused to start."""

    code: ClassVar[str] = "FB1201"


class SchemaError(ForebayError):
    """A Prisma schema is wrong; `rendered` is every error, laid out with the lines it is about."""

    code: ClassVar[str] = "P1012"

    def __init__(self, message: str, *, hint: str | None, rendered: str) -> None:
        """Say the first error, and keep all of them."""
        super().__init__(message, hint=hint)
        self.rendered = rendered


class MigrationError(ForebayError):
    """A migration cannot go on; ``number`` is Prisma's code for why, empty where it has none."""

    code: ClassVar[str] = "P3000"

    def __init__(self, number: str, message: str, *, hint: str | None = None) -> None:
        """Keep Prisma's code and text, and what to do next."""
        super().__init__(message, hint=hint)
        self.number = number


class ConnectionFailed(ForebayError):
    """The database cannot be reached, or refused the connection."""

    code: ClassVar[str] = "P1001"


class AuthenticationFailed(ConnectionFailed):
    """The database refused the user or the password."""

    code: ClassVar[str] = "P1000"


class DatabaseMissing(ConnectionFailed):
    """The server has no database of that name."""

    code: ClassVar[str] = "P1003"


class DatabaseLost(ConnectionFailed):
    """The server went away in the middle of something."""

    code: ClassVar[str] = "P1017"
