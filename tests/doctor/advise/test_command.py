"""`forebay advise` as its user meets it: flags, a repository, a server, questions, refusals."""

import json
import os
import pty
import select
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from forebay.doctor.advise.order import Order, situation_of
from forebay.doctor.advise.place import pooler_of
from forebay.errors import ConfigurationError
from tests.running import clean_environment, forebay_command, run_forebay
from tests.support.database import Database
from tests.support.door import PASSWORD, USER
from tests.support.gateway import StartGateway


def ask(*arguments: str, **options: Any) -> tuple[int, dict[str, Any]]:
    done = run_forebay(["advise", *arguments, "--json"], **options)
    assert "Traceback" not in done.stderr
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_server_is_asked_for_everything_it_says(database: Database, tmp_path: Path) -> None:
    database.ask("alter role app connection limit 40")
    database.ask("alter database app connection limit 50")
    try:
        # One of its own, and those of others: the administrator's, and this one.
        with (
            psycopg.connect(database.url()),
            psycopg.connect(database.url().replace(USER, "asks_scram", 1)),
        ):
            code, said = ask(
                str(tmp_path), "--runtime", "fly", "--instances", "3", "--database", database.url()
            )
    finally:
        database.ask("alter role app connection limit -1")
        database.ask("alter database app connection limit -1")
    server = said["server"]
    assert code == 0
    assert (server["max_connections"], server["reserved"]) == (100, 3)
    assert (server["role_limit"], server["database_limit"]) == (40, 50)
    assert (server["own"], server["others"]) == (1, 2)
    assert server["version"] >= 140000
    assert said["sources"]["max_connections"] == "asked of the server"
    assert said["connection_limit"] == 40 // 3


def test_a_server_is_asked_through_a_gateway(
    database: Database, start_gateway: StartGateway, tmp_path: Path
) -> None:
    url = start_gateway().url()
    code, said = ask(str(tmp_path), "--runtime", "fly", "--instances", "3", "--database", url)
    assert (code, said["server"]["max_connections"]) == (0, 100)


def test_no_credential_comes_back(database: Database, tmp_path: Path) -> None:
    url = f"{database.url()}?sslpassword=hush-hush&sslmode=prefer"
    arguments = [str(tmp_path), "--runtime", "lambda", "--instances", "9"]
    arguments += ["--database-env", "SHOP_URL"]
    for client in ("prisma", "sqlalchemy", "asyncpg", "psycopg", "forebay"):
        arguments += ["--client", client]
    for end in ([], ["--json"]):
        done = run_forebay(["advise", *arguments, *end], environment={"SHOP_URL": url})
        assert done.returncode == 0, done.stderr
        for secret in (PASSWORD, "hush-hush"):
            assert secret not in done.stdout + done.stderr


FLY = {"runtime": "fly", "numbers": {"instances": 3}}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"numbers": {"instances": 3}}, "nothing says where the application runs"),
        ({"runtime": "lambda"}, "nothing says how many instances run at the same time"),
        ({}, "--runtime and --instances"),
        ({**FLY, "runtime": "heroku"}, "--runtime does not know 'heroku'"),
        ({**FLY, "numbers": {"instances": 0}}, "--instances must be a whole number from 1"),
        ({**FLY, "numbers": {"instances": -4}}, "--instances must be a whole number from 1"),
        ({**FLY, "clients": ("knex",)}, "--client does not know"),
        (
            {**FLY, "numbers": {"instances": 3, "max_connections": 3}},
            "leaves nothing beside the 3 reserved slots",
        ),
        ({**FLY, "database": "mysql://u:p@h/x"}, "does not start with postgresql://"),
        ({**FLY, "database": "postgresql://u:1/pa@h/y"}, "an @ or a line end in its host"),
        ({**FLY, "database_env": "NOBODY"}, "the variable NOBODY is not set"),
        ({**FLY, "database": "x", "database_env": "Y"}, "both name a server"),
    ],
)
def test_what_is_wrong_or_missing_is_said(
    given: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        situation_of(Order(tmp_path, **given), {}, ask=None, tell=print)
    assert words in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["a:b@c", "h:0", "h:99999", "", "u:p@h:1", "h:65536000"])
def test_a_poolers_place_is_a_host_and_a_port(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--pooler must be HOST"):
        pooler_of(text)
    assert pooler_of("[::1]:6543") == ("::1", 6543)
    assert pooler_of("pooler.internal") == ("pooler.internal", 6432)


def test_a_refusal_is_one_error_with_its_hint(tmp_path: Path) -> None:
    done = run_forebay(["advise", str(tmp_path)])
    assert (done.returncode, done.stdout) == (2, "")
    assert "error[FB1001]: nothing says where" in done.stderr
    assert "hint: give --runtime and --instances" in done.stderr


def test_a_folder_that_is_none_and_a_server_that_is_none(tmp_path: Path, closed_port: int) -> None:
    done = run_forebay(["advise", str(tmp_path / "nowhere")])
    assert (done.returncode, "is no folder" in done.stderr) == (2, True)
    url = f"postgresql://app:{PASSWORD}@127.0.0.1:{closed_port}/app"
    arguments = ["--runtime", "fly", "--instances", "3", "--database", url]
    done = run_forebay(["advise", str(tmp_path), *arguments])
    assert (done.returncode, "cannot be reached" in done.stderr) == (2, True)
    assert PASSWORD not in done.stderr


def test_what_cannot_fit_ends_with_1_and_the_way_out(tmp_path: Path) -> None:
    arguments = [str(tmp_path), "--runtime", "lambda", "--instances", "500", "--others", "96"]
    code, said = ask(*arguments)
    assert (code, said["connection_limit"], said["files"]) == (1, None, [])
    assert said["cannot_fit"].startswith("cannot fit: 1 - 5 = -4")
    done = run_forebay(["advise", *arguments])
    assert done.returncode == 1
    assert "cannot fit: 1 - 5 = -4" in done.stdout


def test_a_repository_answers_and_flags_count_more(tmp_path: Path) -> None:
    (tmp_path / "k8s.yaml").write_text("kind: Deployment\nspec:\n  replicas: 8\n")
    (tmp_path / "requirements.txt").write_text("asyncpg\n")
    (tmp_path / "Procfile").write_text("web: uvicorn shop:app --workers 2\n")
    code, said = ask(str(tmp_path))
    assert (code, said["runtime"], said["instances"], said["workers"]) == (0, "always-on", 8, 2)
    assert said["clients"] == ["asyncpg"]
    assert said["sources"]["instances"] == "k8s.yaml:3"
    _, said = ask(str(tmp_path), "--instances", "2", "--workers", "1")
    assert (said["instances"], said["workers"], said["sources"]["instances"]) == (2, 1, "given")


def test_the_same_question_has_the_same_answer(tmp_path: Path) -> None:
    arguments = ["advise", str(tmp_path), "--runtime", "edge", "--instances", "40"]
    first, second = (run_forebay(arguments).stdout for _ in range(2))
    assert first == second
    assert "Use\n  the HTTP driver" in first


class Terminal:
    """A command whose questions are answered as they come."""

    def __init__(self, *arguments: str) -> None:
        own, other = pty.openpty()
        self._own = own
        self.said = ""
        self.process = subprocess.Popen(
            forebay_command(*arguments),
            stdin=other,
            stderr=other,
            stdout=subprocess.PIPE,
            env=clean_environment({"TERM": "dumb"}),
        )
        os.close(other)

    def answer(self, question: str, text: str) -> None:
        deadline = time.monotonic() + 30
        while question not in self.said:
            assert time.monotonic() < deadline, self.said
            if select.select([self._own], [], [], 0.1)[0]:
                self.said += os.read(self._own, 4096).decode()
        self.said = ""
        os.write(self._own, f"{text}\n".encode())

    def end(self) -> str:
        out, _ = self.process.communicate(timeout=120)
        os.close(self._own)
        return out.decode()


def test_a_terminal_is_asked_what_nobody_said(tmp_path: Path) -> None:
    terminal = Terminal("advise", str(tmp_path), "--instances", "20")
    terminal.answer("Where does it run", "a boat")
    terminal.answer("--runtime does not know 'a boat'", "lambda")
    terminal.answer("How many worker processes", "")
    terminal.answer("What is max_connections", "200")
    terminal.answer("What does it speak", "asyncpg, psycopg")
    text = terminal.end()
    assert terminal.process.returncode == 0
    assert "runtime          lambda  (answered)" in text
    assert "max_connections  200  (answered)" in text
    assert "client           asyncpg, psycopg  (answered)" in text


def test_its_help_is_short() -> None:
    done = run_forebay(["advise", "--help"], environment={"COLUMNS": "200"})
    assert done.returncode == 0
    for option in ("--runtime", "--instances", "--database-env", "--json", "--pooler"):
        assert option in done.stdout


LAMBDA = ["--runtime", "lambda", "--instances", "9", "--client", "sqlalchemy+asyncpg"]


def test_what_is_printed_can_be_pasted_as_it_stands(tmp_path: Path) -> None:
    _, said = ask(str(tmp_path), *LAMBDA)
    printed = run_forebay(["advise", str(tmp_path), *LAMBDA]).stdout
    names = [file["name"] for file in said["files"]]
    assert names == [
        ".env",
        "db_sqlalchemy_asyncpg.py",
        "forebay.toml",
        "pgbouncer.ini",
        "userlist.txt",
    ]
    for file in said["files"]:
        head = f"---- {file['name']}: {file['purpose']} ----\n"
        assert head + file["text"] in printed


def test_its_files_are_written_and_nothing_is_replaced_unless_told(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    command = ["advise", str(tmp_path), *LAMBDA, "--client", "prisma", "--write", str(out)]
    done = run_forebay(command)
    assert done.returncode == 0, done.stderr
    _, said = ask(*command[1:])
    assert {file["name"]: file["text"] for file in said["files"]} == {
        str(path.relative_to(out)): path.read_text() for path in out.rglob("*") if path.is_file()
    }
    assert f"  {out}/lib/prisma.ts " in done.stdout
    assert "---- .env" not in done.stdout
    # Its own files again are no reason to refuse; what somebody wrote is.
    (out / ".env").write_text("SECRET=1\n")
    (out / "forebay.toml").unlink()
    done = run_forebay(command)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{out}/.env is there already" in done.stderr
    assert "--force" in done.stderr
    assert (out / ".env").read_text() == "SECRET=1\n"
    assert not (out / "forebay.toml").exists()
    assert run_forebay([*command, "--force"]).returncode == 0
    assert "DATABASE_URL" in (out / ".env").read_text()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    place = str(tmp_path / "taken" / "below")
    done = run_forebay(["advise", str(tmp_path), *LAMBDA, "--write", place])
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be written" in done.stderr
