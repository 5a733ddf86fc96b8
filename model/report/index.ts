export { json, reportFormat } from './json.js';
export { figure, markdown } from './markdown.js';
export { block, type Column, columns, peak, sparkline } from './sparkline.js';
export { approvedBy, changesOf, headline, outcomeWords, summary } from './summary.js';
