import { bytes } from '../../../../model/format.js';
import type { Figures } from '../figures.js';

/** What one idle connection costs its client, buffers and TLS state included. An assumption, and a generous one. */
export const bytesPerConnection = 128 * 1024;

export interface Explained {
  readonly bytes: number;
  /** Of the measure; absent where nothing of it could be read. */
  readonly share?: number;
  readonly words: string;
}

/** How much of the memory is what the app is asked to hold: contexts (or sessions, where they are in it), connections. */
export function explained(figures: Figures): Explained {
  const { app, sessions, worst, measure, look } = figures;
  const inProcess = look.settings.sessions?.heldBy === 'inProcess';
  const perPod = Math.max(1, look.details.workload.readyReplicas);
  const held =
    app.contextBytes ?? (inProcess && sessions?.bytes !== undefined ? sessions.bytes / perPod : undefined);
  const connections = connectionsOf(figures);
  if (held === undefined && connections === undefined && worst?.process === undefined)
    return { bytes: 0, words: 'nothing that was read' };
  const parts = [
    ...(held === undefined ? [] : [{ bytes: held, words: `sessions and contexts (${bytes(held)})` }]),
    ...(connections === undefined
      ? []
      : [{ bytes: connections * bytesPerConnection, words: `${connections} connections` }]),
  ];
  const sum = parts.reduce((total, part) => total + part.bytes, 0);
  return {
    bytes: sum,
    ...(held !== undefined && { share: sum / measure.used }),
    words: parts.map(({ words }) => words).join(' and '),
  };
}

/** Connections of the fullest pod: as the servers count them, or as the app says. */
export function connectionsOf({ worst, app }: Figures): number | undefined {
  const counted = [worst?.redisConnections, worst?.mongoConnections].filter((count) => count !== undefined);
  return counted.length > 0 ? counted.reduce((sum, count) => sum + count, 0) : app.poolConnections;
}
