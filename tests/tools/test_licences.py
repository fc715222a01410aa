"""The licence check tells permissive expressions from the others."""

import pytest

from tools.licences import Package, complaints, is_allowed, python_packages


@pytest.mark.parametrize(
    "expression",
    [
        "MIT",
        "MIT OR Apache-2.0",
        "MIT/Apache-2.0",
        "GPL-3.0-only OR MIT",
        "(MIT OR GPL-2.0-only) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
    ],
)
def test_what_is_allowed(expression):
    assert is_allowed(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "GPL-3.0-only",
        "AGPL-3.0-or-later",
        "LGPL-3.0-only",
        "MIT AND GPL-3.0-only",
        "MIT OR",
        "(MIT",
        "MIT)",
        "MIT MIT",
        "GPL-2.0-only WITH Classpath-exception-2.0",
    ],
)
def test_what_is_not(expression):
    assert not is_allowed(expression)


def test_complaints_name_the_package():
    found = complaints(
        [
            Package("fine", "1", "MIT"),
            Package("psycopg", "3", "LGPL-3.0-only"),
            Package("other", "2", "LGPL-3.0-only"),
            Package("silent", "4", None),
        ]
    )
    assert found == ["other 2 is under LGPL-3.0-only", "silent 4 states no licence"]


def test_packages_are_found_through_their_requirements():
    names = {package.name for package in python_packages("pytest")}
    assert {"pytest", "pluggy"} <= names
