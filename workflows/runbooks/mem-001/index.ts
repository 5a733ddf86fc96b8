/** MEM-001: memory exhaustion of a container, a Docker host, or a process on it. */
import { dockerKinds } from '../../../model/changes/index.js';
import type { DockerLook } from '../../../model/container.js';
import type { Runbook } from '../../../model/runbook.js';
import { diagnose } from './diagnosis.js';
import { ladder } from './ladder/index.js';
import { page } from './page.js';
import { recommend } from './prevention.js';
import { verify } from './verification.js';

export const mem001: Runbook<DockerLook> = {
  name: 'MEM-001',
  title: 'Memory exhaustion',
  version: 1,
  targetKinds: ['container', 'host', 'hostProcess'],
  page,
  changeKinds: Object.values(dockerKinds),
  ladder,
  diagnose,
  verify,
  recommend,
};
