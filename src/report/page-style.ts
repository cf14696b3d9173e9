/** The report's style: a column of text and wide figures, light and dark by the reader's preference, black on white in print. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --ink-soft: #59636e; --rule: #e3e7eb; --wash: #f6f8fa; --accent: #0b62a4;
  --series-1: #0b62a4; --series-2: #c2410c; --series-3: #15803d; --series-4: #7c3aed;
  --series-5: #a16207; --series-6: #0e7490; --series-7: #be185d; --series-8: #4b5563;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e7eaee; --ink-soft: #9aa5b1; --rule: #2b3138; --wash: #1b1f25; --accent: #6cb6f5;
    --series-1: #6cb6f5; --series-2: #fb9259; --series-3: #5fcf83; --series-4: #b79bff;
    --series-5: #e2b93b; --series-6: #4fd1e0; --series-7: #f58ac0; --series-8: #a8b3c0;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; margin: 3rem 0 .8rem; padding-top: .8rem; border-top: 1px solid var(--rule); }
p { max-width: 46rem; margin: .6rem 0; }
.lead { color: var(--ink-soft); }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 2px; }
nav ol { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1.2rem 0 0; padding: 0; list-style: none; font-size: .92rem; }
figure { margin: 1.6rem 0 2rem; break-inside: avoid; }
figcaption { color: var(--ink-soft); font-size: .9rem; max-width: 46rem; margin-top: .5rem; }
figcaption b { color: var(--ink); }
svg.chart { display: block; max-width: 100%; height: auto; font-family: inherit; }
svg.chart text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
img.map { display: block; width: 100%; height: auto; image-rendering: pixelated; border: 1px solid var(--rule); }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: .5rem 2rem; align-items: end; }
.gallery figure { margin: 1rem 0; }
.table { overflow-x: auto; margin: 1rem 0 .4rem; }
.table:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; line-height: 1.35; }
table.wide { font-size: .78rem; }
table.wide :is(th, td) { padding-inline: .38rem; }
table.wide :is(th, td):first-child { padding-left: 0; }
caption { text-align: left; font-weight: 600; padding: 0 0 .5rem; font-size: 1rem; white-space: nowrap; }
th, td { padding: .28rem .6rem; text-align: left; vertical-align: baseline; }
th:first-child, td:first-child { padding-left: 0; }
thead th { border-top: 2px solid var(--ink); border-bottom: 1px solid var(--ink); font-weight: 600; }
tbody th { font-weight: 400; }
tbody tr:last-child > * { border-bottom: 2px solid var(--ink); }
th.figure, td.figure, th.paper, td.paper { text-align: right; }
td.figure, td.paper, tbody th { white-space: nowrap; }
thead th { vertical-align: bottom; }
th.paper, td.paper { color: var(--ink-soft); font-style: italic; }
tr.section th { padding-top: .8rem; font-style: italic; color: var(--ink-soft); }
tr.emphasis > * { border-top: 1px solid var(--rule); font-weight: 600; }
tr.emphasis td.paper { font-weight: 400; }
.notes { color: var(--ink-soft); font-size: .84rem; line-height: 1.45; margin: 0 0 1.2rem; }
.notes p { margin: .15rem 0; max-width: 60rem; }
details { margin: .4rem 0 0; font-size: .9rem; }
summary { cursor: pointer; color: var(--ink-soft); width: max-content; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
pre { background: var(--wash); border: 1px solid var(--rule); padding: .8rem 1rem; overflow-x: auto; font-size: .84rem; }
footer { margin-top: 3rem; padding-top: .8rem; border-top: 1px solid var(--rule); color: var(--ink-soft); font-size: .86rem; }
@media print {
  :root {
    --paper: #fff; --ink: #000; --ink-soft: #444; --rule: #ccc; --wash: #fff; --accent: #000;
    --series-1: #0b62a4; --series-2: #c2410c; --series-3: #15803d; --series-4: #7c3aed;
    --series-5: #a16207; --series-6: #0e7490; --series-7: #be185d; --series-8: #4b5563;
  }
  @page { size: A4; margin: 16mm 14mm; }
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  nav, details { display: none; }
  h2 { break-after: avoid; }
  table { font-size: 8.5pt; }
  table.wide { font-size: 6.5pt; }
  .table { overflow: visible; break-inside: avoid; }
  th, td { padding: .16rem .4rem; }
  a { text-decoration: none; }
}
`;
