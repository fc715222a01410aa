"""`migrate dev` and `reset` at a terminal, and what they do afterwards: generate and seed."""

import os
import pty
import select
import subprocess
import time
from collections.abc import Sequence

import pytest

from tests.migrate.conftest import DATASOURCE, Place
from tests.running import clean_environment, forebay_command, run_forebay

MODEL = "model A {\n  id Int @id\n}\n"
GENERATOR = 'generator client {\n  provider = "forebay"\n  output = "./db"\n}\n'
SEED = '[tool.forebay]\nseed = "touch seeded"\n'


def _run(place: Place, *arguments: str):
    return run_forebay(arguments, place.folder, {"DATABASE_URL": place.url.text()})


def _at_terminal(place: Place, arguments: Sequence[str], answers: Sequence[tuple[str, str]]):
    """Run a command at a terminal: whenever a text is seen, type an answer."""
    parent, child = pty.openpty()
    environment = clean_environment({"DATABASE_URL": place.url.text(), "TERM": "dumb"})
    environment.pop("CI", None)
    process = subprocess.Popen(
        forebay_command(*arguments),
        cwd=place.folder,
        env=environment,
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
    )
    os.close(child)
    seen, waiting, until = "", list(answers), time.monotonic() + 25
    try:
        while time.monotonic() < until:
            if not select.select([parent], [], [], 0.2)[0]:
                continue
            try:
                piece = os.read(parent, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece.decode()
            if waiting and waiting[0][0] in seen:
                os.write(parent, f"{waiting.pop(0)[1]}\n".encode())
        return process.wait(10), seen.replace("\r\n", "\n")
    finally:
        os.close(parent)
        process.kill()
        process.wait()


def test_a_name_is_asked_for_at_a_terminal(place):
    place.schema(MODEL)
    code, seen = _at_terminal(
        place, ["migrate", "dev"], [("Enter a name for the new migration", "Add A")]
    )
    assert code == 0, seen
    assert [one.name[15:] for one in (place.folder / "migrations").iterdir() if one.is_dir()] == [
        "add_a"
    ]


def test_a_reset_is_asked_about_at_a_terminal(place):
    place.ask("create table b (i int)")
    place.schema(MODEL)
    (place.folder / "pyproject.toml").write_text(SEED)
    arguments = ["migrate", "dev", "--name", "first"]
    code, seen = _at_terminal(place, arguments, [("All data will be lost", "n")])
    assert (code, "Drift detected" in seen) == (130, True), seen
    code, seen = _at_terminal(place, arguments, [("All data will be lost", "y")])
    assert code == 0, seen
    assert (place.folder / "seeded").exists()
    code, seen = _at_terminal(place, ["migrate", "reset"], [("All data will be lost", "n")])
    assert (code, "Reset cancelled." in seen) == (130, True)


def test_without_a_terminal_a_reset_is_refused_with_prismas_words(place):
    place.ask("create table b (i int)")
    place.schema(MODEL)
    done = _run(place, "migrate", "dev", "--name", "first")
    assert done.returncode == 130
    assert "[+] Added tables\n  - b\n" in done.stderr
    assert 'We need to reset the "public" schema at' in done.stderr
    assert "drop the development database.\nAll data will be lost." in done.stderr


def test_without_a_terminal_warnings_are_refused_with_prismas_words(place):
    place.schema("model A {\n  id Int @id\n  b Int?\n}\n")
    assert _run(place, "migrate", "dev", "--name", "first").returncode == 0
    place.ask('insert into "A" values (1, 2)')
    place.schema(MODEL)
    done = _run(place, "migrate", "dev", "--name", "second")
    assert done.returncode == 1
    assert "still contains 1 non-null values" in done.stderr
    assert "the environment is non-interactive, which is not supported." in done.stderr
    assert _run(place, "migrate", "dev", "-n", "second", "--accept-data-loss").returncode == 0


@pytest.mark.parametrize("command", [["migrate", "dev", "-n", "first"], ["db", "push"]])
def test_the_client_is_generated_afterwards(place, command):
    (place.folder / "schema.prisma").write_text(DATASOURCE + GENERATOR + MODEL)
    assert _run(place, *command, "--skip-generate").returncode == 0
    assert not (place.folder / "db").exists()
    done = _run(place, *command)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("wrote db: 1 models\n")
    assert (place.folder / "db/schema.json").is_file()


def test_a_reset_generates_and_seeds(place):
    (place.folder / "schema.prisma").write_text(DATASOURCE + GENERATOR + MODEL)
    (place.folder / "pyproject.toml").write_text(SEED)
    skipped = _run(place, "migrate", "reset", "--force", "--skip-generate", "--skip-seed")
    assert skipped.returncode == 0
    assert not (place.folder / "seeded").exists()
    assert not (place.folder / "db").exists()
    done = _run(place, "migrate", "reset", "--force")
    assert (done.returncode, done.stderr) == (0, "")
    assert (place.folder / "seeded").exists()
    assert (place.folder / "db").is_dir()
    (place.folder / "pyproject.toml").write_text(SEED.replace("touch seeded", "false"))
    failed = _run(place, "migrate", "reset", "--force", "--skip-generate")
    assert (failed.returncode, "exit code 1" in failed.stderr) == (1, True)
