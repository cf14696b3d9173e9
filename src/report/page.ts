import { escapeXml } from './escape-xml.ts';
import { pageStyle } from './page-style.ts';

/** A section of the report: its heading and its content as HTML. */
export interface PageSection {
  id: string;
  heading: string;
  html: string;
}

export interface PageContent {
  title: string;
  /** A sentence or two below the title. */
  lead: string;
  sections: PageSection[];
  /** What made the page and from what. */
  footer: string;
}

/** A whole self-contained HTML document without scripts: nothing is loaded from anywhere. */
export function renderPage({ title, lead, sections, footer }: PageContent): string {
  const contents = sections
    .map((section) => `<li><a href="#${section.id}">${escapeXml(section.heading)}</a></li>`)
    .join('');
  const body = sections
    .map(
      (section) =>
        `<section aria-labelledby="${section.id}"><h2 id="${section.id}">${escapeXml(section.heading)}</h2>\n${section.html}\n</section>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header><h1>${escapeXml(title)}</h1><p class="lead">${escapeXml(lead)}</p>
<nav aria-label="Contents"><ol>${contents}</ol></nav></header>
<main>
${body}
</main>
<footer><p>${escapeXml(footer)}</p></footer>
</body>
</html>
`;
}
