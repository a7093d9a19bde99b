# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The OSS of the demo, with a URL for each of several downloaders, and a log of who was sent which bytes of what.

    python3 counting_oss.py OSS.py ROOT LOG URLS OBJECT NAME ...

``URLS`` becomes {object: {name: url}}, ``LOG`` gets lines of name, object, bytes and the first one's offset. Ends by itself after a while.
SECONDS_A_BLOCK in the environment makes it slow: each connection waits so long before each of its blocks of 32 KiB.
BYTES_A_NAME makes a URL expire once so many bytes went to its name, but for the last one's; a good one of the first object is always in
``URLS``.fresh. Answers that have begun by then are completed, as with OSS.
"""

import importlib.util
import json
import os
import signal
import socket
import sys
import threading
import time
from urllib.parse import parse_qsl, urlsplit

_LIFE = 1800
_BLOCK = 1 << 15


def write(path, text):
    # A concurrent reader finds the old one or the new one.
    with open(path + ".new", "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(path + ".new", path)


def main(program, root, log, urls, objects, *names):
    spec = importlib.util.spec_from_file_location("oss", program)
    oss = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oss)
    owners = {}
    pause = float(os.environ.get("SECONDS_A_BLOCK", "0"))
    most = int(os.environ.get("BYTES_A_NAME", "0"))
    given = dict.fromkeys(names, 0)
    lock = threading.Lock()

    def is_good(name):
        return not most or name == names[-1] or given[name] < most

    def hand_out():
        write(urls + ".fresh", signed[objects.split(",")[0]][next(filter(is_good, names))] + "\n")

    class Handler(oss.Handler):
        def setup(self):
            oss.Handler.setup(self)
            # What waits in the kernel when somebody hangs up was not sent.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BLOCK)

        def owner(self):
            return owners.get(dict(parse_qsl(urlsplit(self.path).query))["Expires"], names[-1])

        def now(self):
            return oss.Handler.now(self) + (0 if is_good(self.owner()) else 1e7)

        def send_bytes(self, file, offset, count):
            who = "{0} {1}".format(self.owner(), urlsplit(self.path).path.rpartition("/")[2])
            with lock:
                given[self.owner()] += count
                hand_out()
            # A little at a time, for who has heard enough hangs up; noted before it leaves, so that who has it finds it in the log.
            for begin in range(offset, offset + count, _BLOCK):
                time.sleep(pause)
                size = min(_BLOCK, offset + count - begin)
                handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                os.write(handle, "{0} {1} {2}\n".format(who, size, begin).encode())
                os.close(handle)
                oss.Handler.send_bytes(self, file, begin, size)

    ready = oss._detach()
    server = oss.Server(root, handler=Handler)
    signed = {name: {} for name in objects.split(",")}
    for number, name in enumerate(names):
        for held, urls_of in signed.items():
            # The name is in the moment of expiry, since all else in a URL is signed.
            urls_of[name] = server.sign(held, 3600 + number * 60)
            owners[dict(parse_qsl(urlsplit(urls_of[name]).query))["Expires"]] = name
    write(urls, json.dumps(signed))
    write(urls + ".pid", str(os.getpid()))
    hand_out()

    def leave(*_ignored):
        # Nobody who looks for the ended process may find the number of another one.
        os.unlink(urls + ".pid")
        os._exit(0)

    signal.signal(signal.SIGALRM, leave)
    signal.alarm(_LIFE)
    ready()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
