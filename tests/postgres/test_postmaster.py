"""A process number is believed only when the process is the postmaster of that directory."""

import os
import signal
import subprocess
import sys

import pytest

from forebay.postgres.postmaster import end_postmaster, is_postmaster, read_postmaster, wait_until

_STUBBORN = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print('up', flush=True);"
    "signal.pause()"
)


@pytest.mark.parametrize("text", ["", "1\n", "x\ny\nz\nw\n", "-1\n/d\n0\n5432\n"])
def test_an_unfinished_note_is_no_server(tmp_path, text):
    (tmp_path / "postmaster.pid").write_text(text)
    assert read_postmaster(tmp_path) is None


def test_no_note_is_no_server(tmp_path):
    assert read_postmaster(tmp_path) is None
    assert read_postmaster(tmp_path / "nowhere") is None


def test_a_process_elsewhere_is_not_the_postmaster(tmp_path):
    assert not is_postmaster(os.getpid(), tmp_path)
    assert not is_postmaster(0, tmp_path)


def test_signals_grow_firmer():
    with subprocess.Popen([sys.executable, "-c", _STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        end_postmaster(
            process.pid,
            lambda: process.poll() is not None,
            first=signal.SIGINT,
            patience=0.2,
        )
    assert process.returncode == -signal.SIGQUIT


def test_nothing_is_sent_to_what_has_ended():
    end_postmaster(os.getpid(), lambda: True, first=signal.SIGINT, patience=0)


def test_waiting_says_whether_it_held():
    assert wait_until(lambda: True, 0)
    assert not wait_until(lambda: False, 0)
