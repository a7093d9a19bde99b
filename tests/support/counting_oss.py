# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The OSS of the demo, with a URL for each of several downloaders, and a log of who was sent which bytes of what.

    python3 counting_oss.py OSS.py ROOT LOG URLS OBJECT NAME ...

``URLS`` becomes {object: {name: url}}, ``LOG`` gets lines of name, object, bytes and the first one's offset. Ends by itself after a while.
SECONDS_A_BLOCK in the environment makes it slow: each connection waits so long before each of its blocks of 32 KiB.
"""

import importlib.util
import json
import os
import signal
import socket
import sys
import time
from urllib.parse import parse_qsl, urlsplit

_LIFE = 1800
_BLOCK = 1 << 15


def main(program, root, log, urls, objects, *names):
    spec = importlib.util.spec_from_file_location("oss", program)
    oss = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oss)
    owners = {}
    pause = float(os.environ.get("SECONDS_A_BLOCK", "0"))

    class Handler(oss.Handler):
        def setup(self):
            oss.Handler.setup(self)
            # What waits in the kernel when somebody hangs up was not sent.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BLOCK)

        def send_bytes(self, file, offset, count):
            asked = urlsplit(self.path)
            who = "{0} {1}".format(owners[dict(parse_qsl(asked.query))["Expires"]], asked.path.rpartition("/")[2])
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
        for held in signed:
            # The name is in the moment of expiry, since all else in a URL is signed.
            signed[held][name] = server.sign(held, 3600 + number * 60)
            owners[dict(parse_qsl(urlsplit(signed[held][name]).query))["Expires"]] = name
    with open(urls, "w", encoding="utf-8") as stream:
        json.dump(signed, stream)
    with open(urls + ".pid", "w", encoding="utf-8") as stream:
        stream.write(str(os.getpid()))

    def leave(*_ignored):
        # Whoever looks for the process when it is gone shall not find the number of another one.
        os.unlink(urls + ".pid")
        os._exit(0)

    signal.signal(signal.SIGALRM, leave)
    signal.alarm(_LIFE)
    ready()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
