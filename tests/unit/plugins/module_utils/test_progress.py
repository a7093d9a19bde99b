# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import io

from ansible_collections.apsaradb.mysql.plugins.module_utils._progress import CountingStream, Progress


def test_a_stream_reports_the_bytes_that_were_read():
    class Counting(Progress):
        bytes = 0

        def add(self, size):
            self.bytes += size

    progress = Counting()
    stream = CountingStream(io.BytesIO(b"abcdef"), progress)
    assert (stream.read(4), progress.bytes) == (b"abcd", 4)
    assert (stream.read(), stream.read(), progress.bytes) == (b"ef", b"", 6)
