"""The tree of errors: codes are stable and unique, and its picture is complete."""

import importlib
import pkgutil

import forebay
from forebay import errors
from forebay.client.errors import PrismaError

# Whatever order tests run in, all of them are there to be looked at.
for _module in pkgutil.walk_packages(forebay.__path__, "forebay."):
    if not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)


def _all_errors(base: type[errors.ForebayError]) -> list[type[errors.ForebayError]]:
    """All of them, but those of a client, whose tree has Prisma's codes."""
    found = [base]
    for child in base.__subclasses__():
        if child is PrismaError:
            found.append(child)
        elif not issubclass(child, PrismaError):
            found += _all_errors(child)
    return found


def test_every_error_has_a_code_of_its_own():
    codes = [error.__dict__.get("code") for error in _all_errors(errors.ForebayError)]
    assert None not in codes
    assert len(set(codes)) == len(codes)


def test_every_error_stands_in_the_picture_with_its_code():
    picture = errors.__doc__ or ""
    for error in _all_errors(errors.ForebayError)[1:]:
        line = next(line for line in picture.splitlines() if f" {error.__name__} " in line)
        assert line.endswith(error.code)


def test_an_error_says_what_to_do_next():
    error = errors.ConfigurationError("no such thing", hint="name another", file="a.toml")
    assert str(error) == "no such thing (name another)"
    assert error.context == {"file": "a.toml"}
    assert str(errors.ForebayError("alone")) == "alone"


def test_a_missing_extra_names_the_line_to_type():
    error = errors.MissingExtra("embedded", needed_for="the embedded PostgreSQL")
    assert error.hint == "pip install 'forebay[embedded]'"
    assert isinstance(error, errors.ConfigurationError)
