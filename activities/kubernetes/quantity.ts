const factors: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  Pi: 1024 ** 5,
};

/** A Kubernetes quantity (`512Mi`, `1e9`, `128974848`, `1500m`) as a number; undefined for what is none. */
export function quantityOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const value = Number(match[1]) * (factors[match[2] ?? ''] ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}
