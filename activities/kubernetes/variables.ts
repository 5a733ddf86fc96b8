import type { V1ConfigMap, V1Container } from '@kubernetes/client-node';
import type { WorkloadReading } from '../../model/kubernetes/details.js';

/** A variable of a container: its value, and where that is defined. */
export type Variable = WorkloadReading['env'][number];

/** ConfigMaps that the container's variables come from. */
export function environmentOf({ env = [], envFrom = [] }: V1Container): readonly (string | undefined)[] {
  return [
    ...envFrom.map(({ configMapRef }) => configMapRef?.name),
    ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
  ];
}

/** As the kubelet resolves it: `env` wins over `envFrom`, and of those the last. */
export function variableOf(
  name: string,
  container: V1Container,
  configMaps: ReadonlyMap<string, V1ConfigMap>,
): Variable {
  const own = container.env?.findLast((one) => one.name === name);
  if (own?.value !== undefined) return { name, value: own.value, from: 'template' };
  if (own?.valueFrom?.secretKeyRef) return { name, from: 'secret' };
  const ref = own?.valueFrom?.configMapKeyRef;
  if (ref?.name) return ofConfigMap(name, ref.key, configMaps.get(ref.name));
  if (own) return { name, from: 'template' };
  const source = container.envFrom?.findLast(({ configMapRef, prefix = '' }) => {
    const data = configMaps.get(configMapRef?.name ?? '')?.data;
    return name.startsWith(prefix) && data?.[name.slice(prefix.length)] !== undefined;
  });
  if (source?.configMapRef?.name)
    return ofConfigMap(
      name,
      name.slice((source.prefix ?? '').length),
      configMaps.get(source.configMapRef.name),
    );
  return container.envFrom?.some(({ secretRef }) => secretRef)
    ? { name, from: 'secret' }
    : { name, from: 'unset' };
}

function ofConfigMap(name: string, key: string, map: V1ConfigMap | undefined): Variable {
  const value = map?.data?.[key];
  const found = map?.metadata?.name;
  return {
    name,
    from: 'configMap',
    ...(value !== undefined && { value }),
    ...(found !== undefined && {
      configMap: { name: found, key, resourceVersion: map?.metadata?.resourceVersion ?? '' },
    }),
  };
}

const heapFlag = /-Xmx\S+|-XX:MaxHeapSize=\S+|--max[-_]old[-_]space[-_]size[= ]\d+/g;

/** In its command and in all that its variables are, those from ConfigMaps among them. */
export function heapFlagsOf(
  { command = [], args = [], env = [], envFrom = [] }: V1Container,
  configMaps: ReadonlyMap<string, V1ConfigMap>,
): readonly string[] {
  const own = new Set(env.map(({ name }) => name));
  const texts = [
    ...command,
    ...args,
    ...env.map(({ value, valueFrom }) => {
      const { name = '', key = '' } = valueFrom?.configMapKeyRef ?? {};
      return value ?? configMaps.get(name)?.data?.[key] ?? '';
    }),
    ...envFrom.flatMap(({ configMapRef, prefix = '' }) =>
      Object.entries(configMaps.get(configMapRef?.name ?? '')?.data ?? {})
        .filter(([key]) => !own.has(`${prefix}${key}`))
        .map(([, value]) => value),
    ),
  ];
  return [...new Set(texts.flatMap((text) => text.match(heapFlag) ?? []))];
}
