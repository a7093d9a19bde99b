# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses in galaxy.yml. A release gets them from the place where it is published; the checkout contains none."""

import re


def addresses(repository: str) -> str:
    """The lines for the end of galaxy.yml.

    :raises ValueError: it is not an address like those of GitHub and GitLab, where /issues leads to the issues.
    """
    if not re.fullmatch(r"https://[\w.-]+(?:/[\w.-]+)+", repository):
        raise ValueError(f"REPOSITORY is {repository}, not the https address of a repository, such as https://github.com/OWNER/NAME")
    found = {"repository": repository, "documentation": f"{repository}#readme", "homepage": repository, "issues": f"{repository}/issues"}
    return "".join(f"{name}: {address}\n" for name, address in found.items())
