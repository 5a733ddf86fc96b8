import type { ContainerReading } from '../container.js';

/**
 * Containers in the order in which they are to be restarted: what others depend on comes first. Names that the
 * configuration puts in order come first of all, in that order. A circle is broken where it is first met.
 */
export function dependencyOrder(
  containers: readonly ContainerReading[],
  configured: readonly string[] = [],
): readonly ContainerReading[] {
  const position = (one: ContainerReading): number => {
    const at = configured.findIndex((name) => name === one.name || name === one.composeService);
    return at < 0 ? configured.length : at;
  };
  const byName = [...containers].sort((a, b) => position(a) - position(b) || (a.name < b.name ? -1 : 1));
  const ordered: ContainerReading[] = [];
  const visited = new Set<string>();
  const visit = (one: ContainerReading): void => {
    if (visited.has(one.id)) return;
    visited.add(one.id);
    // The configured order wins over what the containers say of themselves.
    if (position(one) === configured.length)
      for (const other of byName) if (dependsOn(one, other)) visit(other);
    ordered.push(one);
  };
  byName.forEach(visit);
  return ordered;
}

/** `dependsOn` names compose services of the same project, or containers. */
function dependsOn(one: ContainerReading, other: ContainerReading): boolean {
  return one.dependsOn.some(
    (name) =>
      name === other.name || (name === other.composeService && one.composeProject === other.composeProject),
  );
}
