import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, listens } from '../lib/ports.mjs';
import { prometheusProject } from '../lib/prometheus-project.mjs';
import { seeItStart } from '../lib/starts.mjs';

/**
 * Alertmanager and amtool: for the tests that fire a real alert. Debian's own is used where it is installed; unpacked
 * into a cache it would not start, since it reads its templates below /usr/share.
 */
export const { find, ensure } = prometheusProject({
  part: 'alertmanager',
  title: 'Alertmanager and amtool',
  version: '0.25.0',
  // The first folder of that version may hold one that does not start.
  kept: '0.25.0-2',
  repo: 'alertmanager',
  archive: 'alertmanager',
  go: {
    module: 'github.com/prometheus/alertmanager/cmd',
    packages: 560,
    takes: 'a minute or two; programs of 65 MB',
  },
  programs: [
    {
      name: 'alertmanager',
      variable: 'NIGHTSHIFT_ALERTMANAGER',
      onPath: ['alertmanager', 'prometheus-alertmanager'],
    },
    { name: 'amtool', variable: 'NIGHTSHIFT_AMTOOL', onPath: ['amtool'] },
  ],
  works: seeItListen,
});

async function seeItListen(dir) {
  const port = await freePort();
  const [config, data] = [join(dir, 'trial.yml'), join(dir, 'trial')];
  writeFileSync(config, 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n');
  try {
    await seeItStart({
      program: join(dir, 'alertmanager'),
      cwd: dir,
      args: [
        `--config.file=${config}`,
        `--storage.path=${data}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      ready: () => listens(port),
    });
  } finally {
    for (const path of [config, data]) rmSync(path, { recursive: true, force: true });
  }
}
