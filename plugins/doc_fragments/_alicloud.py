# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach the API of Alibaba Cloud, said once for all modules that do."""


class ModuleDocFragment:
    """``extends_documentation_fragment: apsaradb.mysql._alicloud``."""

    DOCUMENTATION = r"""
options:
  region:
    description:
      - The region the instance is in, such as V(cn-hangzhou).
      - Without it E(ALICLOUD_REGION), E(ALICLOUD_REGION_ID), E(ALIBABA_CLOUD_REGION) or E(ALIBABA_CLOUD_REGION_ID).
        One of them is required unless there is an O(endpoint).
    type: str
    aliases: [alicloud_region]
  alicloud_access_key:
    description:
      - The ID of the access key to sign with. O(alicloud_secret_key) belongs to it.
      - Without any of the options for credentials, the first of these is used that is there. E(ALICLOUD_ACCESS_KEY) (or
        E(ALICLOUD_ACCESS_KEY_ID)) with E(ALICLOUD_SECRET_KEY) (or E(ALICLOUD_SECRET_ACCESS_KEY)) and E(ALICLOUD_SECURITY_TOKEN).
        E(ALIBABA_CLOUD_ACCESS_KEY_ID) with E(ALIBABA_CLOUD_ACCESS_KEY_SECRET) and E(ALIBABA_CLOUD_SECURITY_TOKEN).
        E(ALICLOUD_ECS_ROLE_NAME). E(ALICLOUD_PROFILE) or E(ALIBABA_CLOUD_PROFILE). What C(alibabacloud-credentials) finds by itself.
      - A key of one family of variables is never completed with a variable of the other.
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
      - The RAM role of the ECS instance that the module runs on. Its temporary credentials are taken from the instance's metadata.
    type: str
  profile:
    description:
      - A profile in C(~/.aliyun/config.json), the file of Alibaba Cloud's command line.
    type: str
  endpoint:
    description:
      - The address of the RDS API, for those who reach it through an endpoint of their own VPC, as a host or C(https://HOST).
      - Only on loopback C(http://) is taken, since the answers have secrets in them.
    type: str
notes:
  - Credentials can be given to all modules that need them at once, by C(module_defaults) of C(group/apsaradb.mysql.alicloud).
"""

    ALONE = r"""
options: {}
requirements:
  - alibabacloud-tea-openapi 0.4 and alibabacloud-credentials 1.0, or newer, with Python 3.8 or newer, on the host that runs the module, usually
    the control node
notes:
  - It speaks to the API alone, so run it on the control node, with C(delegate_to=localhost) and C(run_once=true) in a play on restore hosts.
  - The download URLs in the result are as good as a password while they live, about an hour. Put C(no_log=true) on the task. What it registers
    can still be used by later tasks. The module itself writes them into no message and no log.
  - Proxies are taken from the environment variables E(http_proxy) and E(https_proxy).
"""
