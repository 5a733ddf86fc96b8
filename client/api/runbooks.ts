import { type Context, Hono } from 'hono';
import { accepts } from 'hono/accepts';
import { type DescribedRunbook, pageHtml, pageListHtml, pageMarkdown, pageOf } from '../runbooks/index.js';
import type { ApiEnv } from './context.js';
import { ApiError } from './errors.js';

/** A page has no script and no style, and nobody's page may frame it. */
const csp = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * The pages that `runbook_url` of an alert leads to: HTML for a browser, otherwise Markdown. They need no token: they
 * are opened from a pager, by whoever it woke, and tell what the product's documentation tells; nothing of a target.
 */
export function runbookRoutes(runbooks: readonly DescribedRunbook[]): Hono<ApiEnv> {
  const named = new Map(runbooks.map((runbook) => [runbook.name.toLowerCase(), runbook]));
  return new Hono<ApiEnv>()
    .get('/', (c) =>
      wantsHtml(c) ? c.html(pageListHtml(runbooks)) : c.json({ runbooks: runbooks.map(listed) }),
    )
    .get('/:name', (c) => {
      const runbook = named.get(c.req.param('name').toLowerCase());
      if (!runbook) throw noSuchRunbook(c.req.param('name'), runbooks);
      const page = pageOf(runbook);
      return wantsHtml(c)
        ? c.html(pageHtml(page))
        : c.body(pageMarkdown(page), 200, { 'Content-Type': 'text/markdown; charset=utf-8' });
    });
}

function wantsHtml(c: Context<ApiEnv>): boolean {
  c.header('Vary', 'Accept');
  c.header('Content-Security-Policy', csp);
  const supports = ['text/markdown', 'application/json', 'text/html'];
  return accepts(c, { header: 'Accept', supports, default: 'text/markdown' }) === 'text/html';
}

function listed({ name, title, version, targetKinds }: DescribedRunbook) {
  return { name, title, version, targetKinds, page: `/runbooks/${encodeURIComponent(name)}` };
}

function noSuchRunbook(name: string, runbooks: readonly DescribedRunbook[]): ApiError {
  const names = runbooks.map((runbook) => runbook.name).join(', ');
  return new ApiError(
    404,
    `there is no runbook ${name}`,
    names === '' ? 'This API knows of none.' : `There are: ${names}.`,
  );
}
