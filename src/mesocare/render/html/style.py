"""The style of the summary page: dark on white, for a phone, a screen and A4 paper."""

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #17252a; overflow-wrap: break-word;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 48rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; padding-bottom: .2rem;
  border-bottom: 2px solid #0b5d66; }
h3 { font-size: 1rem; margin: 1rem 0 .2rem; }
p { margin: .25rem 0 .5rem; }
ul { margin: .25rem 0; padding-left: 1.25rem; }
.quiet { color: #4a5a5f; font-size: .875rem; }
.finding { border: 1px solid #c9d3d6; border-left: 6px solid #4a5a5f; border-radius: 4px;
  padding: .5rem .9rem; margin: .75rem 0; break-inside: avoid; }
.finding.emergency { border-left-color: #9b1118; }
.finding.same_day { border-left-color: #8a4b00; }
h3.emergency { color: #9b1118; }
h3.same_day { color: #8a4b00; }
dl { margin: .25rem 0 1rem; }
dl div { display: flex; gap: 1rem; padding: .15rem 0; border-bottom: 1px solid #e4eaec; }
dt { flex: 0 0 9rem; color: #4a5a5f; }
dd { margin: 0; min-width: 0; }
bdi { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
caption { text-align: left; color: #4a5a5f; font-size: .875rem; padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
  border-bottom: 1px solid #e4eaec; }
thead th { border-bottom: 1px solid #4a5a5f; }
tbody th { font-weight: 400; white-space: nowrap; }
tr { break-inside: avoid; }
tr.day th { font-weight: 700; padding-top: .9rem; }
.timeline { line-height: 1.35; }
.avoid, .ask, .limited, .allowed, .treatment { font-weight: 700; }
.avoid { color: #9b1118; }
.ask { color: #6b2a86; }
.limited { color: #8a4b00; }
.allowed { color: #1d6b35; }
.change { color: #4a5a5f; }
.chart { break-inside: avoid; margin-bottom: 1rem; }
svg { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
svg text { fill: #33444a; }
svg .mid { text-anchor: middle; }
svg .end { text-anchor: end; }
svg .expected { fill: #d7ecee; }
svg .closes { stroke: #0b5d66; stroke-dasharray: 4 3; }
svg .treated { stroke: #6b2a86; stroke-width: 1.5; }
svg .axis { stroke: #33444a; }
svg .grid { stroke: #dde4e6; }
svg .limit { stroke: #9b1118; stroke-dasharray: 4 3; }
svg .bar, svg .cool { fill: #0b7a85; }
svg .there { fill: #0b7a85; }
svg .beyond { fill: #e08a1e; stroke: #17252a; stroke-width: 1.5; }
svg .fever { fill: #9b1118; }
svg .nothing { fill: #9aa8ac; }
footer { margin-top: 2.5rem; border-top: 1px solid #c9d3d6; padding-top: .75rem; }
@media (max-width: 36rem) {
  main { padding: 1rem .9rem 2rem; }
  svg { font-size: 15px; }
  dt { flex-basis: 6.5rem; }
  table { font-size: .8125rem; }
  th, td { padding-right: .4rem; }
}
@page { size: A4; margin: 16mm 14mm; }
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
}
"""
