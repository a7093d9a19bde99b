# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sphinx builds the site from what antsibull-docs makes of the plugins, and from copies of the project's Markdown files. No network is needed."""

from docutils import nodes

project = "apsaradb.mysql"
copyright = "the apsaradb.mysql contributors"
title = html_short_title = "apsaradb.mysql"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_theme_options = {"vcs_pageview_mode": "", "documentation_home_url": "", "topbar_links": {}}
html_show_sphinx = False
display_version = False
pygments_style = "ansible"
highlight_language = "none"
# As on GitHub: a heading is a target.
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]

# Pages of Ansible's own documentation that antsibull-docs refers to.
ANSIBLE = "https://docs.ansible.com/ansible/latest/"
PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def outside(_app, _env, node, content):
    """A link to Ansible's documentation, None for any other label: that is an error."""
    page = PAGES.get(node["reftarget"])
    return nodes.reference("", "", content, internal=False, refuri=ANSIBLE + page) if page else None


def setup(app):
    app.connect("missing-reference", outside)
