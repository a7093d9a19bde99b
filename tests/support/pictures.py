# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the pictures in the documentation from the output of real runs: a terminal, or a report, in a real browser.

    ansible-playbook apsaradb.mysql.restore ... >run.txt
    python -m ansible_collections.apsaradb.mysql.tests.support.pictures terminal run.txt docs/images/restore.png \\
        [--part 'FIRST LINE|LAST LINE' ...] [--title TEXT]
    python -m ansible_collections.apsaradb.mysql.tests.support.pictures page drill-report/drill.html docs/images/drill-report.png \\
        [--width 390] [--night] [--sections warnings,history]

A picture of a terminal shows the parts that --part names, with an ellipsis between them. The text is not changed.
"""

import argparse
import base64
import html
import os
import re
import sys
import tempfile
from typing import List, Optional, Sequence

from ansible_collections.apsaradb.mysql.tests.support.browser import CHECKOUT, Browser, get_browser

_PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><style>
body {{ margin: 0; padding: 24px; background: #d8dee6; width: max-content }}
div {{ background: #15191f; color: #d5dae1; border-radius: 10px; overflow: hidden; box-shadow: 0 8px 24px #0004 }}
h1 {{ margin: 0; padding: 10px 16px; background: #262c35; color: #9aa4b2; font: 13px "DejaVu Sans", sans-serif }}
h1 i {{ display: inline-block; width: 11px; height: 11px; margin-right: 7px; border-radius: 50%; background: #4a5361; vertical-align: -1px }}
pre {{ margin: 0; padding: 16px 20px 20px; font: 13px/1.5 "DejaVu Sans Mono", monospace }}
.ok {{ color: #7fcf8f }} .changed {{ color: #e2c36a }} .progress {{ color: #7db8f0 }} .warn {{ color: #d79be0 }} b {{ color: #fff; font-weight: 600 }}
</style><div><h1><i></i><i></i><i></i>&nbsp; {title}</h1><pre>{lines}</pre></div></html>"""
_COLOURS = ((r"ok: ", "ok"), (r"(changed|failed|fatal): ", "changed"), (r"progress: ", "progress"), (r"\[WARNING\]", "warn"))
_WIDTH = 118


def terminal(lines: List[str], title: str) -> str:
    """A page that shows the lines as a terminal does, in Ansible's colours."""
    shown = []
    for line in lines:
        # A terminal breaks long lines.
        text = html.escape("\n".join(line[at : at + _WIDTH] for at in range(0, len(line), _WIDTH)))
        colour = next((name for pattern, name in _COLOURS if re.match(pattern, line)), "")
        if re.match(r"(TASK|PLAY|\$) ?", line):
            text = "<b>{0}</b>".format(text)
        shown.append('<span class="{0}">{1}</span>'.format(colour, text) if colour else text)
    return _PAGE.format(title=html.escape(title), lines="\n".join(shown))


def parts(lines: List[str], wanted: Sequence[str]) -> List[str]:
    """For each ``FIRST|LAST``, the lines from the first one that contains FIRST to the next one that contains LAST."""
    shown: List[str] = []
    for one in wanted:
        first, _bar, last = one.partition("|")
        begin = next(number for number, line in enumerate(lines) if first in line)
        end = next(number for number, line in enumerate(lines) if number >= begin and last in line) + 1
        shown += ["", "\u2026", ""] * bool(shown) + lines[begin:end]
    return shown


def picture(browser: Browser, page: str, width: int, night: bool, sections: Sequence[str], out: str) -> None:
    """Write a PNG of the page to ``out``: all of it, or only the sections with headings of these ids. If ``width`` is 0, the page decides about its width."""
    browser.events.clear()
    browser.call("Emulation.setDeviceMetricsOverride", width=width or 1600, height=100, deviceScaleFactor=1, mobile=0 < width < 600)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if night else "light"}])
    browser.call("Page.navigate", url="file://" + os.path.abspath(page))
    browser.wait_for("Page.loadEventFired")
    if sections:
        hide = "document.querySelectorAll('main > *').forEach(each => WANTED.includes(each.getAttribute('aria-labelledby')) || each.remove())"
        browser.call("Runtime.evaluate", expression=hide.replace("WANTED", str(list(sections))))
    answer = browser.call("Runtime.evaluate", expression="[document.body.offsetWidth, document.documentElement.scrollHeight]", returnByValue=True)
    wide, high = answer["result"]["value"]
    area = {"x": 0, "y": 0, "width": width or wide, "height": high, "scale": 1}
    data = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=area)["data"]
    with open(out, "wb") as stream:
        stream.write(base64.b64decode(data))


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Makes the pictures in the documentation.")
    parser.add_argument("kind", choices=["terminal", "page"])
    parser.add_argument("source")
    parser.add_argument("out")
    parser.add_argument("--part", action="append")
    parser.add_argument("--title", default="Terminal")
    parser.add_argument("--width", type=int, default=0)
    parser.add_argument("--night", action="store_true")
    parser.add_argument("--sections", default="", help="the ids of the headings of the sections to show, separated by commas")
    parser.add_argument("--cache", default=os.path.join(CHECKOUT, ".cache", "servers"), help="where the browser is cached")
    options = parser.parse_intermixed_args(arguments)
    with tempfile.TemporaryDirectory() as folder, Browser(*get_browser(os.path.abspath(options.cache))) as browser:
        page = options.source
        if options.kind == "terminal":
            with open(options.source, encoding="utf-8") as stream:
                lines = stream.read().splitlines()
            page = os.path.join(folder, "terminal.html")
            with open(page, "w", encoding="utf-8") as stream:
                stream.write(terminal(parts(lines, options.part) if options.part else lines, options.title))
        picture(browser, page, options.width, options.night, [one for one in options.sections.split(",") if one], options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
