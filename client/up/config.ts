import { statSync } from 'node:fs';
import type { Logger } from 'pino';
import { type Config, ConfigError, loadConfig } from '../../config/index.js';

/**
 * The configuration of this moment: read again when the file changes, so that a tightened policy binds from the
 * next look on. One that is wrong is logged, and the last right one stays in force. `adjust` puts in what the
 * process decides by itself (the embedded server's address).
 */
export function currentConfig(
  file: string,
  logger: Pick<Logger, 'info' | 'error'>,
  adjust: (config: Config) => Config = (config) => config,
): () => Config {
  let held = adjust(loadConfig(file));
  let stamp = stampOf(file);
  return () => {
    const now = stampOf(file);
    if (now === stamp) return held;
    stamp = now;
    try {
      held = adjust(loadConfig(file));
      logger.info({ file }, 'the configuration has been read again');
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      logger.error(
        { file, problems: error.message },
        'the changed configuration is wrong: the last one stays',
      );
    }
    return held;
  };
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    // While an editor replaces it. What was read stays in force.
    return 'gone';
  }
}
