/** The pages of runbooks: for a terminal, as Markdown, and for a browser. */
export { pageHtml, pageListHtml } from './html.js';
export { type DescribedRunbook, pageOf } from './page.js';
export { pageMarkdown, pageText } from './text.js';
