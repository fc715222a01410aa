"""The questions that a terminal is asked: what is missing, in whose words, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from forebay.doctor.advise.situation import Client, Runtime, client_of, number_of, runtime_of
from forebay.errors import ConfigurationError

Ask = Callable[[str, str | None], str]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """One question: what it fills in, how it is put, what is taken when nothing is said."""

    name: str
    option: str
    text: str
    default: str | None
    read: Callable[[str], object]


def _number(name: str) -> Callable[[str], object]:
    return lambda text: number_of(name, text)


QUESTIONS = (
    Question(
        "runtime",
        "--runtime",
        f"Where does it run ({', '.join(Runtime)})",
        None,
        runtime_of,
    ),
    Question(
        "instances",
        "--instances",
        "How many instances or functions run at the same time, at most",
        None,
        _number("instances"),
    ),
    Question(
        "workers",
        "--workers",
        "How many worker processes has each of them",
        "1",
        _number("workers"),
    ),
    Question(
        "max_connections",
        "--max-connections",
        "What is max_connections of the server (SHOW max_connections)",
        "100",
        _number("max_connections"),
    ),
    Question(
        "clients",
        "--client",
        f"What does it speak to PostgreSQL with ({', '.join(Client)})",
        Client.PRISMA.value,
        lambda text: tuple(client_of(part) for part in text.split(",")),
    ),
)


def missing(known: Iterable[str]) -> Iterator[Question]:
    """Yield the questions whose answers nobody has given."""
    return (question for question in QUESTIONS if question.name not in known)


def ask_missing(known: dict[str, object], ask: Ask, tell: Tell) -> dict[str, object]:
    """Ask what is missing, each until it is answered in a way that can be read."""
    answers: dict[str, object] = {}
    for question in missing(known):
        while question.name not in answers:
            try:
                answers[question.name] = question.read(ask(question.text, question.default))
            except ConfigurationError as error:
                tell(str(error))
    return answers


def require(known: Iterable[str]) -> None:
    """See that what has no default is known.

    Raises:
        ConfigurationError: it is not; names every option that says it.
    """
    unknown = [question for question in missing(known) if question.default is None]
    if unknown:
        raise ConfigurationError(
            f"nothing says {' and '.join(_what(question) for question in unknown)}",
            hint=f"give {' and '.join(question.option for question in unknown)}, or run it in a"
            " terminal, which asks",
        )


def _what(question: Question) -> str:
    return {"runtime": "where the application runs"}.get(
        question.name, "how many instances run at the same time"
    )
