import { createLogger, installRuntime } from '../../worker/logger.js';

// Once a test process: the SDK tells only what is wrong.
installRuntime(createLogger('error'));
