# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only the sandbox's own mysqld is found and signalled."""

import os
import signal
import socket
import subprocess
import sys
import threading

import pytest
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import mysqld_process
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox.mysqld_process import MysqldIdentity

IDENTITY = MysqldIdentity("/s/my.cnf", "/s/data")
SLEEP = "import sys, time; sys.stdout.write('x'); sys.stdout.flush(); time.sleep(60)"


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        (["/usr/sbin/mysqld", "--defaults-file=/s/my.cnf", "--datadir=/s/data"], True),
        (["/l/ld.so", "--library-path", "/l", "/l/mysqld", "--defaults-file=/s/my.cnf", "--datadir=/s/data"], True),
        (["/usr/sbin/mysqld", "--defaults-file=/s/my.cnf", "--datadir=/s/data.part", "--initialize-insecure"], False),
        (["/usr/sbin/mysqld", "--defaults-file=/s2/my.cnf", "--datadir=/s/data"], False),
        (["/usr/sbin/mysqld", "--defaults-file=/s/my.cnf2", "--datadir=/s/data"], False),
        (["vi", "--defaults-file=/s/my.cnf", "--datadir=/s/data"], False),
        (["grep", "mysqld --defaults-file=/s/my.cnf --datadir=/s/data"], False),
        ([], False),
    ],
)
def test_command_line(words, ours):
    assert mysqld_process.command_line_is("\0".join(words).encode() + b"\0", IDENTITY) is ours


@pytest.fixture
def lookalike(tmp_path):
    """Starts a process with the command line of the server in tmp_path, in a given working directory."""
    started = []

    def start(folder):
        identity = MysqldIdentity(str(tmp_path / "my.cnf"), str(tmp_path / "data"))
        (tmp_path / "data").mkdir(exist_ok=True)
        argv = [sys.executable, "-c", SLEEP, "mysqld", "--defaults-file=" + identity.config, "--datadir=" + identity.datadir]
        child = subprocess.Popen(argv, cwd=str(folder), stdout=subprocess.PIPE)
        child.stdout.read(1)
        started.append(child)
        return child, identity

    yield start
    for child in started:
        child.kill()
        child.wait()
        child.stdout.close()


def test_own_server_works_in_its_data_directory(tmp_path, lookalike):
    (tmp_path / "data").mkdir()
    child, identity = lookalike(tmp_path / "data")
    assert mysqld_process.is_ours(child.pid, identity)
    assert mysqld_process.find(identity) == child.pid


def test_same_command_line_in_another_directory(tmp_path, lookalike):
    """As in a container with a sandbox under the same path: that sandbox is neither found nor stopped."""
    child, identity = lookalike(tmp_path)
    assert not mysqld_process.is_ours(child.pid, identity)
    assert mysqld_process.find(identity) is None
    mysqld_process.stop(child.pid, identity)
    assert child.poll() is None


def test_stop(tmp_path, lookalike):
    (tmp_path / "data").mkdir()
    child, identity = lookalike(tmp_path / "data")
    mysqld_process.stop(child.pid, identity)
    assert child.wait() == -signal.SIGTERM


def test_pid_of_another_process():
    assert not mysqld_process.is_ours(os.getpid(), IDENTITY)
    mysqld_process.stop(os.getpid(), IDENTITY)


@pytest.mark.parametrize(("packet", "good"), [(b"J\0\0\0\x0a9.7.4\0", True), (b"\x10\0\0\0\xff\x10\x04", True), (b"HTTP/1.1 400", False), (b"", False)])
def test_greeting(tmp_path, packet, good):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen(1)

        def serve():
            link, _address = server.accept()
            link.sendall(packet)
            link.close()

        thread = threading.Thread(target=serve)
        thread.start()
        assert mysqld_process.answers(path) is good
        thread.join()


def test_no_server_on_the_socket(tmp_path):
    assert not mysqld_process.answers(str(tmp_path / "none"))


def test_ports():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        assert not mysqld_process.port_is_free(taken.getsockname()[1])
    assert mysqld_process.port_is_free(mysqld_process.free_port())


def test_last_lines(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"old\n" + b"".join(b"line %d \xff\n" % number for number in range(30)))
    assert mysqld_process.last_lines(str(log), count=2) == ["line 28 \ufffd", "line 29 \ufffd"]
    assert mysqld_process.last_lines(str(log), offset=log.stat().st_size - 10) == ["line 29 \ufffd"]
    assert mysqld_process.last_lines(str(tmp_path / "none")) == []
    assert mysqld_process.log_size(str(tmp_path / "none")) == 0
