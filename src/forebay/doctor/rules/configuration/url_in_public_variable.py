"""A database's URL in a variable that bundlers write into what browsers load."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.env import Variable
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.urls import SecretKind, classify

# Who writes a variable of such a name into its bundle.
_BUNDLERS = {
    "NEXT_PUBLIC_": "Next.js",
    "VITE_": "Vite",
    "REACT_APP_": "Create React App",
    "EXPO_PUBLIC_": "Expo",
    "PUBLIC_": "the bundler",
}
# PUBLIC_ is a word that means nothing to others.
_ASKS = ("astro", "@sveltejs/kit")
_OTHERS = re.compile(
    r"(mysql|mariadb|mongodb(\+srv)?|sqlserver|rediss?)://[^@/\s]*:[^@/\s]+@", re.I
)
_REFERENCE = re.compile(r"\$\{?(DATABASE|POSTGRES|DIRECT|PG)\w*UR[LI]\w*\}?$")


def check(repository: Repository) -> Iterator[Finding]:
    """Find public variables whose value is a database's URL with a password, or refers to one."""
    for variable in repository.variables:
        prefix = next((one for one in _BUNDLERS if variable.name.startswith(one)), None)
        if prefix is None or variable.file.role is Role.TEST or not _is_database(variable):
            continue
        if prefix == "PUBLIC_" and not repository.depends_on(variable.file, *_ASKS):
            continue
        yield Finding(
            f"{_BUNDLERS[prefix]} writes {variable.name} into the scripts that browsers load, with "
            "the database's password",
            variable.span,
            help=f"call it {variable.name.removeprefix(prefix)}, read it on the server alone, and "
            "change the password if this was ever deployed",
        )


def _is_database(variable: Variable) -> bool:
    url = classify(variable.value)
    if url is not None:
        return url.secret is not SecretKind.NONE
    return bool(_OTHERS.match(variable.value) or _REFERENCE.match(variable.value))


RULE = Rule(
    code="FD223",
    name="url-in-public-variable",
    severity=Severity.ERROR,
    what="A database's URL stands in a variable that is compiled into the browser's code.",
    why="NEXT_PUBLIC_, VITE_, PUBLIC_, REACT_APP_ and EXPO_PUBLIC_ tell a bundler to write the "
    "value into the files that every visitor downloads: the password is public with the first "
    "deployment, whatever .gitignore says.",
    fix="take the prefix away, read the variable on the server alone, and change the password if "
    "this was ever deployed",
    language="env",
    bad="NEXT_PUBLIC_DATABASE_URL=postgresql://shop:k3Xq9vTz41@db.shop.com/shop?sslmode=require\n",
    good="DATABASE_URL=postgresql://shop:k3Xq9vTz41@db.shop.com/shop?sslmode=require\n"
    "NEXT_PUBLIC_API_URL=https://api.shop.com\n",
    references=("https://nextjs.org/docs/app/guides/environment-variables",),
    check=check,
)
