"""Reads PgBouncer's userlist.txt: one `"user" "secret"` a line, quotes doubled inside quotes."""

import re
from pathlib import Path

from forebay.errors import ConfigurationError
from forebay.postgres.secret import Secret

_FIELD = r'"((?:[^"]|"")*)"'
# PgBouncer ignores what follows the second field.
_LINE = re.compile(rf"\s*{_FIELD}\s+{_FIELD}.*")


def read_userlist(path: Path) -> dict[str, Secret | None]:
    """Return users and their secrets; an empty secret is none, and admits only by trust.

    Raises:
        ConfigurationError: the file cannot be read, or a line has another form.
    """
    try:
        text = path.read_text()
    except OSError as error:
        # Of a TOML file the path is in full by now; in an ini it stands as it was written.
        start = f"in an ini file a relative path begins at the working directory, {Path.cwd()}"
        raise ConfigurationError(
            f"auth_file {path} cannot be read: {error.strerror}",
            hint="check the path" if path.is_absolute() else start,
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"auth_file {path} is not UTF-8", hint="save it as UTF-8"
        ) from None
    users: dict[str, Secret | None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith((";", "#")):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            # The line is not repeated: it holds a password.
            raise ConfigurationError(
                f'{path}:{number}: not of the form "user" "password"',
                hint='both need double quotes; a double quote inside is written twice: ""',
            )
        name, secret = (field.replace('""', '"') for field in found.groups())
        users[name] = Secret(secret) if secret else None
    return users
