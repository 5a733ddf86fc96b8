import { html } from 'hono/html';
import type { DescribedRunbook, Page, PageSection } from './page.js';

/** What `html` gives: every text in it is escaped. */
type Html = ReturnType<typeof html>;

/** A page for a browser, a small one of a phone too: no script, no style, nothing to fetch. */
export function pageHtml({ title, impact, sections }: Page): Html {
  return whole(title, html`<h1>${title}</h1><p>${impact}</p>${sections.map(sectionHtml)}`);
}

/** All pages there are. Addresses are relative, so that they hold behind a proxy that serves the API under a path. */
export function pageListHtml(runbooks: readonly DescribedRunbook[]): Html {
  const items = runbooks.map(
    ({ name, title }) => html`<li><a href="runbooks/${encodeURIComponent(name)}">${name}</a>: ${title}</li>`,
  );
  return whole('Runbooks', html`<h1>Runbooks</h1><ul>${items}</ul>`);
}

function sectionHtml({ heading, items, ordered }: PageSection): Html {
  const lines = items.map((item) => html`<li>${item}</li>`);
  return html`<h2>${heading}</h2>${ordered ? html`<ol>${lines}</ol>` : html`<ul>${lines}</ul>`}`;
}

function whole(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>
<body>${body}</body></html>
`;
}
