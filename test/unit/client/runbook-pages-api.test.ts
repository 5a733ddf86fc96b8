import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createApi, createApiMetrics } from '../../../client/api/index.js';
import type { DescribedRunbook } from '../../../client/runbooks/index.js';
import { shippedRunbooks } from '../../../worker/registry.js';
import { FakeIncidents } from './fake-incidents.js';

/** As browsers ask. */
const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** The API, to which nobody has a token. */
function apiWith(pages: readonly DescribedRunbook[]) {
  return createApi({
    incidents: new FakeIncidents(),
    intake: { take: async () => [] },
    tokens: { identify: async () => undefined },
    routing: { runbooks: [], target: () => undefined },
    pages,
    product: 'nightshift test',
    ready: async () => {},
    logger: silent,
    metrics: createApiMetrics(new Registry()),
  });
}
const app = apiWith(shippedRunbooks);
const documented = (name: string) => readFileSync(join(process.cwd(), `docs/runbooks/${name}.md`), 'utf8');

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert?: string;
      readonly annotations?: { readonly runbook_url?: string };
    }[];
  }[];
}

function alertsOf(file: string) {
  const { groups } = parse(readFileSync(join(process.cwd(), 'deploy/prometheus', file), 'utf8')) as Rules;
  return groups.flatMap(({ rules }) =>
    rules.flatMap(({ alert, annotations }) =>
      alert === undefined ? [] : [[alert, annotations?.runbook_url ?? ''] as const],
    ),
  );
}

describe('the runbook pages of the API', () => {
  it.each([...alertsOf('agent-bruno.rules.yml'), ...alertsOf('mem-001.rules.yml')])(
    'the runbook_url of %s leads to a page that names it, and asks for no token',
    async (alert, url) => {
      const answer = await app.request(new URL(url).pathname);
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain(`\n- ${alert}\n`);
    },
  );

  it.each(shippedRunbooks.map(({ name }) => name))('%s is the page that the docs have', async (name) => {
    const answer = await app.request(`/runbooks/${name}`);
    expect(answer.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect(await answer.text()).toBe(documented(name));
  });

  it('a browser gets the same as HTML, which runs nothing', async () => {
    const answer = await app.request('/runbooks/AgentBrunoHighMemoryUsage', { headers: browser });
    expect(answer.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('vary')).toBe('Accept');
    const page = await answer.text();
    const items = page.match(/<li>[^<]+<\/li>/g) ?? [];
    expect(items).toHaveLength(documented('AgentBrunoHighMemoryUsage').match(/^(- |\d+\. )/gm)?.length ?? 0);
    expect(page).toContain('<h2>Verification</h2><ul><li>');
  });

  it('whatever a runbook says is text', async () => {
    const hostile = apiWith(
      shippedRunbooks.slice(0, 1).map((runbook) => ({
        ...runbook,
        name: 'A"/><b',
        title: '<i>',
        page: { ...runbook.page, impact: 'a <script>b</script>', symptoms: ['x < y & z'] },
      })),
    );
    for (const path of ['/runbooks', `/runbooks/${encodeURIComponent('A"/><b')}`]) {
      const text = await (await hostile.request(path, { headers: browser })).text();
      expect(text).not.toMatch(/<script|<i>|"\/><b/);
    }
  });

  it('is found however its name is written', async () => {
    expect((await app.request('/runbooks/agentbrunohighmemoryusage')).status).toBe(200);
  });

  it('are listed: for programs, and as links that hold behind a proxy', async () => {
    const listed = (await (await app.request('/runbooks')).json()) as { runbooks: unknown[] };
    expect(listed.runbooks).toContainEqual({
      name: 'AgentBrunoHighMemoryUsage',
      title: 'High memory usage of a workload on Kubernetes',
      version: expect.any(Number),
      targetKinds: ['workload'],
      page: '/runbooks/AgentBrunoHighMemoryUsage',
    });
    const page = await (await app.request('/runbooks', { headers: browser })).text();
    for (const { name } of shippedRunbooks) expect(page).toContain(`<a href="runbooks/${name}">`);
  });

  it('one that is not there is answered with those that are', async () => {
    const answer = await app.request('/runbooks/MEM-002');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({
      error: 'there is no runbook MEM-002',
      mend: 'There are: MEM-001, AgentBrunoHighMemoryUsage.',
    });
  });

  it('open no other address', async () => {
    expect((await app.request('/incidents')).status).toBe(401);
    expect((await app.request('/runbooks/MEM-001', { method: 'POST' })).status).toBe(404);
  });
});
