# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the galaxy.yml of a release has in addition to that of the checkout."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]


def test_a_release_has_its_addresses_and_everything_else_as_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    from addresses import addresses

    text = (ROOT / "galaxy.yml").read_text(encoding="utf-8")
    address = "https://github.com/example/apsaradb.mysql"
    more = {"repository": address, "documentation": address + "#readme", "homepage": address, "issues": address + "/issues"}
    assert yaml.safe_load(text + addresses(address)) == dict(yaml.safe_load(text), **more)


@pytest.mark.parametrize(
    "address", ["", "http://github.com/example/name", "https://github.com", "https://github.com/example/name\nversion: 2.0.0", "git@github.com:a/b.git"]
)
def test_what_is_not_an_address_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    from addresses import addresses

    with pytest.raises(ValueError, match="REPOSITORY is "):
        addresses(address)
