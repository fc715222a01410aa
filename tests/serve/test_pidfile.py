"""The process id file: one process holds it, and leaves nothing."""

import os
import subprocess
import sys

import pytest

from forebay.errors import ConfigurationError
from forebay.serve.pidfile import hold_pidfile, require_free


def test_it_is_there_while_held(tmp_path):
    path = tmp_path / "the.pid"
    with hold_pidfile(path):
        assert path.read_text() == f"{os.getpid()}\n"
    assert not path.exists()


def test_it_goes_when_what_held_it_fails(tmp_path):
    path = tmp_path / "the.pid"
    with pytest.raises(RuntimeError), hold_pidfile(path):
        raise RuntimeError
    assert not path.exists()


def test_without_a_path_nothing_is_held():
    with hold_pidfile(None):
        pass


def test_a_living_process_keeps_it(tmp_path):
    path = tmp_path / "the.pid"
    path.write_text(f"{os.getppid()}\n")
    with pytest.raises(ConfigurationError, match="is held by process") as caught:
        require_free(path)
    assert caught.value.hint
    assert path.exists()


def test_a_dead_process_does_not(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    path = tmp_path / "the.pid"
    path.write_text(str(ended.pid))
    require_free(path)
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"sesame", b"-1", b"0", b"\xff", "³".encode()])
def test_what_holds_no_process_id_is_left_alone(tmp_path, content):
    path = tmp_path / "the.pid"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="pidfile") as caught:
        require_free(path)
    assert "sesame" not in str(caught.value)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there(tmp_path):
    with (
        pytest.raises(ConfigurationError, match="cannot be written"),
        hold_pidfile(tmp_path / "no" / "the.pid"),
    ):
        pass
