import { createHostReader, type HostReader } from '../activities/host/reader.js';

/**
 * The host that this worker runs on. In a container, the host's own trees are given by mounts:
 * `NIGHTSHIFT_HOST_PROC`, `NIGHTSHIFT_HOST_CGROUP` and `NIGHTSHIFT_HOST_NAME` say where.
 */
export function hostReader(env: NodeJS.ProcessEnv = process.env): HostReader {
  const { NIGHTSHIFT_HOST_PROC: proc, NIGHTSHIFT_HOST_CGROUP: cgroup, NIGHTSHIFT_HOST_NAME: hostname } = env;
  return createHostReader({
    ...(proc && { proc }),
    ...(cgroup && { cgroup }),
    ...(hostname && { hostname }),
  });
}
