# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option ``source`` of modules that run a private server. It may be a URL with a signature or a password."""

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from .._sandbox import software_cache

# With no_log, Ansible does not write it to the journal of the host, which happens before the module can look at it.
SOURCE_SPEC: Dict[str, Dict[str, Any]] = {"source": {"type": "str", "default": "auto", "no_log": True}}


def show_harmless_source(module: AnsibleModule) -> None:
    """Allow a source without a secret, such as ``packages`` or a path, in the module's output, from which Ansible removes values of no_log options."""
    source = module.params["source"]
    if not software_cache.is_url(source) or software_cache.without_secrets(source) == source:
        module.no_log_values.discard(source)
