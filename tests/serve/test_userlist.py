"""PgBouncer's userlist.txt."""

from pathlib import Path

import pytest

from forebay.errors import ConfigurationError
from forebay.postgres.secret import Secret
from forebay.serve.userlist import read_userlist


def test_users_and_secrets_are_read(tmp_path):
    path = tmp_path / "userlist.txt"
    path.write_text(
        '; a comment\n# another\n\n"app" "sesame"\n  "quo""ted"\t"se""same" "ignored" rest\n'
        '"trusted" ""\n"sc ram" "SCRAM-SHA-256$4096:salt$stored:server"\n'
    )
    assert read_userlist(path) == {
        "app": Secret("sesame"),
        'quo"ted': Secret('se"same'),
        "trusted": None,
        "sc ram": Secret("SCRAM-SHA-256$4096:salt$stored:server"),
    }


@pytest.mark.parametrize("line", ['"app"', "app sesame", '"app" "sesame', '"app""sesame"'])
def test_a_broken_line_is_found_and_not_repeated(tmp_path, line):
    path = tmp_path / "userlist.txt"
    path.write_text(f'"fine" "fine"\n{line}\n')
    with pytest.raises(ConfigurationError) as caught:
        read_userlist(path)
    assert caught.value.message.startswith(f"{path}:2: ")
    assert "sesame" not in str(caught.value)


def test_a_missing_list(tmp_path):
    with pytest.raises(ConfigurationError, match="No such file"):
        read_userlist(tmp_path / "nowhere.txt")


def test_a_missing_list_of_a_relative_path_says_where_it_begins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        read_userlist(Path("nowhere.txt"))
    assert caught.value.hint is not None
    assert caught.value.hint.endswith(f"begins at the working directory, {tmp_path}")
