import type { Connection } from '@temporalio/client';
import type { TemporalSettings } from '../config/types.js';
import { searchAttributeTypes } from '../workflows/contract.js';

/** As Temporal's command line calls the types. */
export const typeWords: Readonly<Record<string, string>> = {
  TEXT: 'Text',
  KEYWORD: 'Keyword',
  INT: 'Int',
  DOUBLE: 'Double',
  BOOL: 'Bool',
  DATETIME: 'Datetime',
  KEYWORD_LIST: 'KeywordList',
};

/** Our search attributes that the namespace lacks: without them Temporal refuses every incident. */
export async function missingAttributes(
  connection: Connection,
  namespace: string,
): Promise<readonly string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.keys(searchAttributeTypes).filter((name) => customAttributes?.[name] === undefined);
}

/** The command that registers them. */
export function registering(
  missing: readonly string[],
  { address, namespace }: Pick<TemporalSettings, 'address' | 'namespace'>,
): string {
  const each = missing.map((name) => `--name ${name} --type ${typeWords[searchAttributeTypes[name] ?? '']}`);
  const where = `--address ${address} --namespace ${namespace}`;
  return `temporal operator search-attribute create ${where} ${each.join(' ')}`;
}
