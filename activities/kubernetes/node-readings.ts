import type { NodeReading, PodReading } from '../../model/kubernetes/details.js';
import type { Asked, ReadSource } from './asked.js';
import { givingNodes, mostGiving, mostNodes, nodeNames, readAllocatable, readNode } from './nodes.js';

/** Nodes of pods without a limit: only for those it takes the node to tell how full they are. */
export async function readGiving(
  { cluster, notebook }: Asked,
  pods: readonly PodReading[],
  read: ReadSource,
): Promise<readonly NodeReading[]> {
  const names = givingNodes(pods);
  const left = names.length - mostGiving;
  if (left > 0)
    notebook.gap(
      'kubectl describe node',
      'node',
      `pods without a limit are on ${names.length} nodes: how full those on ${left} of them are is not known`,
    );
  const found = await Promise.all(
    names
      .slice(0, mostGiving)
      .map((name) =>
        read('kubectl describe node', 'node', (options) => readAllocatable(cluster, name, options), name),
      ),
  );
  return found.filter((node) => node !== undefined);
}

/** The nodes of the fullest pods. `pods`: the fullest first. */
export async function readNodes(
  { cluster, notebook }: Asked,
  pods: readonly PodReading[],
  read: ReadSource,
): Promise<readonly NodeReading[]> {
  const names = nodeNames(pods);
  if (names.length > mostNodes)
    notebook.gap(
      'kubectl describe node',
      'node',
      `its pods are on ${names.length} nodes: only the ${mostNodes} of the fullest are looked at`,
    );
  const found = await Promise.all(
    names
      .slice(0, mostNodes)
      .map((name) =>
        read(
          'kubectl describe node',
          'node',
          (options) =>
            readNode(cluster, name, options, (source, what, why) => notebook.gap(source, what, why, name)),
          name,
        ),
      ),
  );
  return found.filter((node) => node !== undefined);
}
