# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of modules that call the RDS API of Alibaba Cloud."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._alicloud``; the argument spec is in ``_jobs/_alicloud_options.py``."""

    DOCUMENTATION = r"""
options:
  region:
    description:
      - The region of the instance, such as V(cn-hangzhou).
      - Without it, the value of E(ALICLOUD_REGION), E(ALICLOUD_REGION_ID), E(ALIBABA_CLOUD_REGION) or E(ALIBABA_CLOUD_REGION_ID).
        One of them is required unless O(endpoint) is given.
    type: str
    aliases: [alicloud_region]
  alicloud_access_key:
    description:
      - The ID of the access key. O(alicloud_secret_key) is its secret.
      - Without any of the options for credentials, the first of these that exists is used. E(ALICLOUD_ACCESS_KEY) (or
        E(ALICLOUD_ACCESS_KEY_ID)) with E(ALICLOUD_SECRET_KEY) (or E(ALICLOUD_SECRET_ACCESS_KEY)) and E(ALICLOUD_SECURITY_TOKEN).
        E(ALIBABA_CLOUD_ACCESS_KEY_ID) with E(ALIBABA_CLOUD_ACCESS_KEY_SECRET) and E(ALIBABA_CLOUD_SECURITY_TOKEN).
        E(ALICLOUD_ECS_ROLE_NAME). E(ALICLOUD_PROFILE) or E(ALIBABA_CLOUD_PROFILE). The default chain of C(alibabacloud-credentials).
      - Variables of the two families are never combined into one key.
    type: str
  alicloud_secret_key:
    description:
      - The secret of O(alicloud_access_key).
    type: str
  alicloud_security_token:
    description:
      - The token of a temporary access key.
    type: str
  ecs_role_name:
    description:
      - The RAM role of the ECS instance that the module runs on. Its temporary credentials are read from the instance's metadata.
    type: str
  profile:
    description:
      - A profile in C(~/.aliyun/config.json), the configuration of the Alibaba Cloud CLI.
    type: str
  endpoint:
    description:
      - The address of the RDS API, for access through an endpoint in your own VPC, as a host name or C(https://HOST).
      - C(http://) is accepted for loopback addresses only, because the responses contain secrets.
    type: str
notes:
  - Set credentials for all modules that need them with C(module_defaults) of C(group/apsaradb.mysql.alicloud).
"""

    ALONE = r"""
options: {}
requirements:
  - alibabacloud-tea-openapi 0.4 and alibabacloud-credentials 1.0, or newer, with Python 3.8 or newer, on the host that runs the module, usually
    the control node
notes:
  - The module talks only to the API, so in a play on restore hosts run it on the control node, with C(delegate_to=localhost) and C(run_once=true).
  - The download URLs in the result are secrets until they expire, after about an hour. Set C(no_log=true) on the task. Later tasks can
    still use the registered result. The module itself writes the URLs into no message and no log.
  - Proxies are taken from the environment variables E(http_proxy) and E(https_proxy).
"""
