# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks the reports of a drill in a real browser: an installed Chromium, or that of the distribution, unpacked but not installed.

    python tests/support/browser.py fetch [--cache DIR]
    python tests/support/browser.py look --shots DIR [--cache DIR] REPORT.html ...

``look`` opens each page at the width of a phone and of a screen, in the light and the dark colour scheme, and saves a screenshot
of each. It fails if a page loads or runs anything, is wider than the window, has text with too little contrast or a table without
headers, or does not show a name from REPORT.json in the same directory. It also fails if there is no browser.
"""

import argparse
import base64
import fcntl
import glob
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
import types
from typing import Any, Dict, List, Optional, Sequence, Tuple, Type

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

if __name__ == "__main__":
    # The checkout is the collection, whatever its path.
    for name, place in (("ansible_collections", []), ("ansible_collections.apsaradb", []), ("ansible_collections.apsaradb.mysql", [CHECKOUT])):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = place

from ansible_collections.apsaradb.mysql.plugins.module_utils._failure import Failure  # noqa: E402
from ansible_collections.apsaradb.mysql.plugins.module_utils._report.visible_text import visible  # noqa: E402
from ansible_collections.apsaradb.mysql.plugins.module_utils._sandbox import apt, software_cache  # noqa: E402

_FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
_TIMEOUT = 120
# Pixels of a phone and of a screen.
_WIDTHS = (390, 1280)
_LEAST_CONTRAST = 4.5

# Finds what is wrong with a page; evaluated in the page.
_CHECKS = """(() => {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > WIDTH) wrong.push(`is ${root.scrollWidth} pixels wide`);
  if (document.scripts.length) wrong.push(`has ${document.scripts.length} script(s)`);
  for (const one of document.querySelectorAll('*'))
    for (const given of one.attributes)
      if (given.name.startsWith('on')) wrong.push(`${one.tagName} has ${given.name}`);
  if (document.querySelector('img, iframe, object, embed, form, base, [src]')) wrong.push('has an element that loads something');
  for (const table of document.querySelectorAll('table')) {
    if (!table.querySelector('thead th[scope=col]')) wrong.push('a table has no column headers');
    for (const line of table.querySelectorAll('tbody tr')) if (!line.querySelector('th[scope=row]')) wrong.push('a row of a table has no header');
  }
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const light = (c) => c.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || one.closest('svg') || !one.getClientRects().length) continue;
    let under = one;
    while (under && parse(getComputedStyle(under).backgroundColor)[3] === 0) under = under.parentElement;
    const [a, b] = [getComputedStyle(one).color, getComputedStyle(under || document.body).backgroundColor].map(parse).map(light);
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < LEAST) wrong.push(`contrast of "${walker.currentNode.textContent.trim().slice(0, 40)}" is ${contrast.toFixed(2)}`);
  }
  return {wrong, names: [...document.querySelectorAll('bdi')].map((one) => one.textContent), title: document.title};
})()""".replace("LEAST", str(_LEAST_CONTRAST))


def get_browser(cache: str) -> Tuple[List[str], Dict[str, str]]:
    """The command line of a Chromium and its environment."""
    for name in ("chromium", "chromium-headless-shell", "google-chrome"):
        installed = shutil.which(name)
        if installed:
            return [installed, "--headless"], dict(os.environ)
    try:
        tree = software_cache.ensure_cached(cache, "chromium", lambda folder: apt.unpack_packages(folder, ["chromium"], _choose))
    except Failure as failure:
        raise Failure("The tests of the report need Chromium, and it could not be fetched: {0}".format(failure), None, "Install chromium.") from failure
    programs = glob.glob(os.path.join(glob.escape(tree), "usr/lib/chromium/chromium*"))
    program = next(path for path in sorted(programs, reverse=True) if os.path.basename(path) in ("chromium", "chromium-headless-shell"))
    # A private loader, as for the servers, would not do: Chromium starts its own executable again for its processes. The packages are
    # those of the machine's own release, so its C library suits them.
    folders = glob.glob(os.path.join(glob.escape(tree), "usr/lib/*-linux-gnu*")) + glob.glob(os.path.join(glob.escape(tree), "lib/*-linux-gnu*"))
    folders += [os.path.join(folder, "pulseaudio") for folder in folders]
    return [program, "--headless"], dict(os.environ, LD_LIBRARY_PATH=":".join(folders))


def _choose(versions: Dict[str, str]) -> List[str]:
    """The headless shell if there is one, which is smaller, and a font."""
    return next(([name, "fonts-dejavu-core"] for name in ("chromium-headless-shell", "chromium") if name in versions), [])


class Browser:
    """One Chromium with one tab, controlled over a pipe with the DevTools protocol."""

    def __init__(self, command: Sequence[str], environment: Dict[str, str]) -> None:
        self._home = tempfile.mkdtemp(prefix="browser-")
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Not 3 and 4, which Chromium reads from and writes to.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20) for fd in (theirs_in, theirs_out)]
        os.close(theirs_in)
        os.close(theirs_out)
        log = os.open(os.path.join(self._home, "log"), os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        argv = [*command, *_FLAGS.split(), "--remote-debugging-pipe", "--user-data-dir=" + os.path.join(self._home, "profile"), "about:blank"]
        moves = [(os.POSIX_SPAWN_DUP2, high[0], 3), (os.POSIX_SPAWN_DUP2, high[1], 4), (os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
        self._pid = os.posix_spawn(argv[0], argv, environment, file_actions=moves, setsid=True)
        for fd in [*high, log]:
            os.close(fd)
        self._number, self._read, self._session = 0, b"", None  # type: int, bytes, Optional[str]
        self.events: List[Dict[str, Any]] = []

    def __enter__(self) -> "Browser":
        tab = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = str(self.call("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"])
        for domain in ("Page", "Network", "Runtime"):
            self.call(domain + ".enable")
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[types.TracebackType]) -> None:
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self._pid, 0)
        os.close(self._out)
        os.close(self._in)
        shutil.rmtree(self._home, ignore_errors=True)

    def call(self, method: str, **params: Any) -> Dict[str, Any]:
        """Call a method and wait for its result. Events that arrive in the meantime are kept in ``events``."""
        self._number += 1
        message: Dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self._out, text) :]
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise Failure("The browser refused {0}: {1}".format(method, answer["error"]))
                return dict(answer["result"])
            self.events.append(answer)

    def wait_for(self, method: str) -> None:
        """Wait until this event has happened since ``events`` was cleared."""
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._next())

    def _next(self) -> Dict[str, Any]:
        end = time.monotonic() + _TIMEOUT
        while b"\0" not in self._read:
            ready = select.select([self._in], [], [], max(0.0, end - time.monotonic()))[0]
            more = os.read(self._in, 1 << 20) if ready else b""
            if not more:
                with open(os.path.join(self._home, "log"), encoding="utf-8", errors="replace") as log:
                    raise Failure("The browser does not answer. Its log ends with: {0}".format(log.read()[-2000:]))
            self._read += more
        message, _end, self._read = self._read.partition(b"\0")
        return dict(json.loads(message))


def look(browser: Browser, page: str, shots: str) -> List[str]:
    """What is wrong with ``page``. Screenshots of it are written to the directory ``shots``."""
    address = "file://" + os.path.abspath(page)
    stem = os.path.splitext(os.path.basename(page))[0]
    with open(os.path.splitext(page)[0] + ".json", encoding="utf-8") as handle:
        facts = json.load(handle)
    expected = {visible(name) for database in facts["databases"] for name in [database["target"], *(table["name"] for table in database["tables"])]}
    problems = []
    for width in _WIDTHS:
        for scheme in ("light", "dark"):
            browser.events.clear()
            browser.call("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=width < 600)
            browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            browser.call("Page.navigate", url=address)
            browser.wait_for("Page.loadEventFired")
            answer = browser.call("Runtime.evaluate", expression=_CHECKS.replace("WIDTH", str(width)), returnByValue=True)
            if "exceptionDetails" in answer:
                raise Failure("The page could not be checked: {0}".format(answer["exceptionDetails"]))
            found = answer["result"]["value"]
            wrong = list(found["wrong"])
            wrong += ["does not show {0!r}".format(name) for name in sorted(expected - set(found["names"]))]
            if facts["title"] not in found["title"]:
                wrong.append("has the title {0!r}".format(found["title"]))
            requests = [event["params"]["request"]["url"] for event in browser.events if event.get("method") == "Network.requestWillBeSent"]
            wrong += ["requested {0}".format(url) for url in requests if url != address and not url.startswith("data:")]
            wrong += ["caused {0}".format(event["method"]) for event in browser.events if event.get("method") in _SCRIPT_EVENTS]
            problems += ["{0} at {1} pixels, {2}: {3}".format(stem, width, scheme, one) for one in wrong]
            picture = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
            with open(os.path.join(shots, "{0}-{1}-{2}.png".format(stem, width, scheme)), "wb") as out:
                out.write(base64.b64decode(picture))
    return problems


_SCRIPT_EVENTS = ("Page.javascriptDialogOpening", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The command line. Returns 0 if no page has a problem."""
    parser = argparse.ArgumentParser(description="Checks the reports of a drill in a real browser.")
    parser.add_argument("do", choices=["fetch", "look"])
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--cache", default=os.path.join(CHECKOUT, ".cache", "servers"), help="where the browser is cached")
    parser.add_argument("--shots", default=".", help="the directory for screenshots")
    options = parser.parse_intermixed_args(arguments)
    try:
        command, environment = get_browser(os.path.abspath(options.cache))
        problems: List[str] = []
        if options.do == "look":
            os.makedirs(options.shots, exist_ok=True)
            with Browser(command, environment) as browser:
                for page in options.pages:
                    problems += look(browser, page, options.shots)
    except Failure as failure:
        problems = ["*** {0}".format(failure)]
    print("\n".join(problems) or "no problems found")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
