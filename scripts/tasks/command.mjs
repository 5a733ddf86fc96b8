import { join } from 'node:path';
import * as docker from '../parts/docker.mjs';
import * as image from '../parts/image.mjs';
import * as temporal from '../parts/temporal.mjs';
import { ROOT } from './project.mjs';

const MAIN = join(ROOT, 'dist/client/cli/main.js');

/** `npm run nightshift -- …`: the CLI, as built. A demo among it gets what a demo needs. */
export function nightshift(session, args) {
  if (args[0] === 'demo') return demo(session, args.slice(1));
  return session.foreground(process.execPath, [MAIN, ...args]);
}

/** `npm run demo`: the parts, then the CLI's demo with their whereabouts. Its exit code is ours. */
export async function demo(session, args) {
  const cli = await temporal.ensure(session);
  const { engine, agent } = await engineWithAgent(session);
  session.log(
    `Temporal server ${cli.version} (${cli.how}), Docker engine ${engine.version} at ${engine.host}${engine.private ? ' (private)' : ''}, image ${agent.image}`,
  );
  return session.foreground(process.execPath, [MAIN, 'demo', ...args], {
    ...engine.env,
    NIGHTSHIFT_TEMPORAL_CLI: cli.path,
    NIGHTSHIFT_AGENT_IMAGE: agent.image,
  });
}

/** An engine, stopped again at the session's end if it is ours, and the agent's image in it. */
export async function engineWithAgent(session) {
  const engine = await docker.start(session);
  session.atEnd(() => engine.stop());
  const certPath = engine.env.DOCKER_CERT_PATH;
  const agent = await image.agentImage({
    host: engine.host,
    certPath,
    log: session.log,
    signal: session.signal,
  });
  return { engine, agent };
}

/** `npm run bench`. It needs a Temporal server and nothing else. */
export async function bench(session, args) {
  const cli = await temporal.ensure(session);
  const env = { NIGHTSHIFT_TEMPORAL_CLI: cli.path };
  return session.foreground(process.execPath, [join(ROOT, 'dist/bench/main.js'), ...args], env);
}
