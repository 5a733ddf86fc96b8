import { readFileSync } from 'node:fs';
import https from 'node:https';

const TIMEOUT_MS = 10_000;

/**
 * A client of the cluster's API server, as its administrator: just enough to set the cluster up.
 * @param {string} kubeconfig path of one of our own kubeconfig files (JSON)
 */
export function apiClient(kubeconfig) {
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8'));
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  const { 'client-certificate-data': cert, 'client-key-data': key } = users[0].user;
  const decode = (text) => Buffer.from(text, 'base64');
  const agent = new https.Agent({ keepAlive: true, ca: decode(ca), cert: decode(cert), key: decode(key) });
  return {
    /** @returns {Promise<{ status: number, body: any }>} any status; `body` is text where it isn't JSON */
    request: (method, path, body) => request({ server, agent, method, path, body }),
    /** Creates an object; one that is there already is left as it is. */
    async create(path, object) {
      const { status, body } = await request({ server, agent, method: 'POST', path, body: object });
      if (status >= 400 && status !== 409)
        throw new Error(`POST ${path} answers ${status}: ${body.message ?? body}`);
    },
    close: () => agent.destroy(),
  };
}

function request({ server, agent, method, path, body }) {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'Content-Type': 'application/json' } : {};
    const sent = https.request(server + path, { method, agent, headers, timeout: TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parsed(text) }));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`${server} doesn't answer`)));
    sent.on('error', reject);
    sent.end(body ? JSON.stringify(body) : undefined);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
