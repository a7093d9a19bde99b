# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import threading

from ansible_collections.apsaradb.mysql.plugins.module_utils._load.pipe import open_pipe, write_all


def test_all_is_written_to_a_reader_that_is_slower():
    reading, writing = open_pipe()
    data = os.urandom(5 << 20)
    thread = threading.Thread(target=lambda: (write_all(writing, data), os.close(writing)))
    thread.start()
    with open(reading, "rb", buffering=0) as stream:
        assert stream.readall() == data
    thread.join()


def test_writing_no_bytes():
    reading, writing = open_pipe()
    write_all(writing, b"")
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)
