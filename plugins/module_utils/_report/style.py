# Copyright (c) 2026, the apsaradb.mysql contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the page looks: by day and by night, on a phone, on a screen and on paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f6f3; --card: #ffffff; --ink: #1f2630; --soft: #5a6472; --line: #e2e2dc;
  --good: #17703f; --good-page: #e6f3ea; --bad: #ad1f13; --bad-page: #fcebe8; --note: #7d5200; --note-page: #fdf2da;
  --step: #8893a3; --read: #6d8fb8; --rows: #2f6fb0; --keys: #7a62b3; --check: #2c8a72; --rest: #b07f35;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11151a; --card: #191e25; --ink: #e4e8ee; --soft: #9ba6b5; --line: #2a313b;
    --good: #6fd39c; --good-page: #12291d; --bad: #ff9a8f; --bad-page: #351917; --note: #ecc06a; --note-page: #2d2413;
    --step: #748091; --read: #86a9d4; --rows: #4f94da; --keys: #a08ade; --check: #49b597; --rest: #d0a055;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1, h2, h3, p, dl, dd, figure, ul { margin: 0; padding: 0; }
h1 { font-size: clamp(1.5rem, 1.1rem + 2vw, 2.25rem); line-height: 1.15; letter-spacing: -0.015em; font-weight: 650; text-wrap: balance; }
h2 { font-size: 1.125rem; font-weight: 650; margin-bottom: 0.75rem; }
h3 { font-size: 1rem; font-weight: 650; }
code, .name, td.number, dd { overflow-wrap: anywhere; }
code { font: 0.9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
section, header { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1.25rem; margin-bottom: 1rem; }
.soft { color: var(--soft); }
.small { font-size: 0.875rem; }

header { display: grid; grid-template-columns: auto 1fr; gap: 0 1.125rem; align-items: center; padding: 1.5rem 1.25rem; border-color: transparent; }
header svg { width: clamp(3rem, 2rem + 6vw, 4.5rem); height: auto; }
header p { margin-top: 0.375rem; overflow-wrap: anywhere; }
header p span { display: inline-block; margin-right: 1rem; }
header .title { margin: 0 0 0.25rem; font-size: 0.8125rem; font-weight: 600; letter-spacing: 0.06em; text-transform: uppercase; opacity: 0.85; }
.good header { background: var(--good-page); } .good header h1, .good header .title { color: var(--good); } .good header .disc { fill: var(--good); }
.bad header { background: var(--bad-page); } .bad header h1, .bad header .title { color: var(--bad); } .bad header .disc { fill: var(--bad); }
.unverified header { background: var(--note-page); } .unverified header h1, .unverified header .title { color: var(--note); }
.unverified header .disc { fill: var(--note); }
header .sign { fill: none; stroke: var(--card); stroke-width: 5; stroke-linecap: round; stroke-linejoin: round; }

.why { border-color: var(--bad); } .why h2 { color: var(--bad); }
.why li, .notes li { margin: 0.375rem 0 0.375rem 1.125rem; overflow-wrap: anywhere; }
.why .task { margin-top: 0.75rem; }

.figures { padding: 0; overflow: hidden; }
.figures dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1px; background: var(--line); }
.figures div { background: var(--card); padding: 1rem 1.25rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { color: var(--soft); font-size: 0.875rem; }
.figures dd { font-size: 1.5rem; line-height: 1.2; font-weight: 600; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }

.facts { display: grid; grid-template-columns: minmax(6rem, 8rem) 1fr; gap: 0.375rem 1rem; }
.facts dt { color: var(--soft); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 0 1rem; }

.bars { display: grid; grid-template-columns: minmax(6rem, 12rem) 1fr max-content; gap: 0.625rem 1rem; align-items: center; }
.bars > div { display: contents; }
.bars svg { display: block; width: 100%; height: 1.125rem; border-radius: 4px; background: var(--page); }
.bars .name { font-size: 0.9375rem; line-height: 1.3; }
.bars .said { font-size: 0.875rem; color: var(--soft); font-variant-numeric: tabular-nums; text-align: right; }
.axis { display: flex; justify-content: space-between; font-size: 0.8125rem; color: var(--soft); font-variant-numeric: tabular-nums; grid-column: 2; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; list-style: none; margin-top: 0.875rem; font-size: 0.875rem; color: var(--soft); }
.legend svg { width: 0.75rem; height: 0.75rem; margin-right: 0.375rem; vertical-align: -1px; }
.step { fill: var(--step); } .read { fill: var(--read); } .rows { fill: var(--rows); }
.keys { fill: var(--keys); } .check { fill: var(--check); } .rest { fill: var(--rest); }

table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; }
caption { text-align: left; }
th { text-align: left; font-weight: 600; }
thead th { color: var(--soft); font-size: 0.8125rem; font-weight: 500; vertical-align: bottom; }
th, td { padding: 0.4375rem 0.75rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; } th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
tbody th { font-weight: 500; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.state { white-space: nowrap; }
.is-good { color: var(--good); } .is-bad { color: var(--bad); font-weight: 600; } .is-unknown { color: var(--note); }
.more { display: none; color: var(--soft); font-size: 0.8125rem; font-weight: 400; }

details { margin-top: 0.5rem; }
summary { cursor: pointer; border-radius: 6px; }
summary:focus-visible { outline: 2px solid var(--rows); outline-offset: 3px; }
.database > summary { list-style: none; display: grid; grid-template-columns: 1fr auto; gap: 0.25rem 1rem; align-items: baseline; margin-top: -0.5rem; }
.database > summary::-webkit-details-marker { display: none; }
.database > summary h2 { margin: 0; overflow-wrap: anywhere; }
.database > summary p { grid-column: 1 / -1; }
.database[open] > summary { margin-bottom: 0.75rem; }
.inside { margin-top: 1.25rem; }
.notes h3 { color: var(--note); }
footer { padding: 0.5rem 0.25rem; }

@media (max-width: 40rem) {
  main { padding: 0.75rem 0.75rem 2rem; }
  section, header { padding: 1rem; border-radius: 12px; }
  .figures { padding: 0; } .figures dl { grid-template-columns: 1fr 1fr; }
  .figures div { padding: 0.75rem 1rem; } .figures dd { font-size: 1.25rem; }
  .figures div:last-child:nth-child(odd) { grid-column: span 2; }
  .facts { grid-template-columns: 6.25rem 1fr; font-size: 0.9375rem; }
  .bars { display: block; } .bars > div { display: grid; grid-template-columns: 1fr max-content; gap: 0.125rem 1rem; align-items: end; margin-bottom: 0.75rem; }
  .bars svg { grid-area: 2 / 1 / 3 / 3; }
  .wide { display: none; } .more { display: block; }
  th, td { padding-left: 0.375rem; padding-right: 0.375rem; }
}
@media (min-width: 40.01rem) {
  .database table { table-layout: fixed; }
  .database th:nth-child(n + 2) { width: 13%; } .database th:nth-child(n + 4) { width: 10%; } .database th:last-child { width: 11%; }
}
@media print {
  body { background: #ffffff; } section, header { break-inside: avoid; }
}
"""
