/** One API process for the tests: `node intake-api.js <temporal address> <token file> [<Alertmanager's address>]`. */
import { pino } from 'pino';
import { startApi } from '../../client/api/index.js';
import { connectTemporal } from '../../client/temporal.js';
import { FileTokens } from '../../client/tokens/index.js';
import { defaultPolicy } from '../../config/defaults.js';

const [, , address = '', tokensFile = '', alertmanager] = process.argv;
const logger = pino({ level: 'warn' }, pino.destination(2));
const temporal = await connectTemporal({ address, namespace: 'default' }, { lazy: true });
const api = await startApi({
  temporal,
  config: {
    routes: [{ match: { alertname: '/Mem.*/' }, runbook: 'MEM-001', target: 'docker/test/{{labels.name}}' }],
    targets: Array.from({ length: 200 }, (_, n) => ({
      key: `docker/test/c${n}`,
      kind: 'container',
      scope: 'docker/test',
      policy: defaultPolicy,
      settings: {},
    })),
    api: { host: '127.0.0.1', port: 0, tokensFile },
    ...(alertmanager ? { alertmanager: { url: alertmanager, everySeconds: 60 } } : {}),
  },
  runbooks: [{ name: 'MEM-001' }],
  tokens: new FileTokens(tokensFile, logger),
  product: 'nightshift test',
  logger,
});
process.stdout.write(`${api.url}\n`);
process.once('SIGTERM', () => {
  void api.close().then(() => temporal.close());
});
