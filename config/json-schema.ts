import { z } from 'zod';
import { document } from './schema/index.js';
import type { Path } from './yaml.js';

type Schema = Readonly<Record<string, unknown>>;

/** The JSON Schema of `nightshift.yaml`, for editors: kept in `config/nightshift.schema.json`. */
export function jsonSchema(): Schema {
  return { ...z.toJSONSchema(document, { io: 'input' }) };
}

let known: Schema | undefined;

/** The keys that may stand in the map at that path. */
export function keysAt(path: Path): readonly string[] {
  known ??= jsonSchema();
  const root = known;
  const here = path.reduce<readonly Schema[]>(
    (schemas, part) => schemas.flatMap((schema) => stepInto(schema, String(part), root)),
    branches(root, root),
  );
  return [...new Set(here.flatMap((schema) => Object.keys(asSchema(schema.properties) ?? {})))];
}

function stepInto(schema: Schema, part: string, root: Schema): readonly Schema[] {
  const properties = asSchema(schema.properties);
  const next =
    properties && Object.hasOwn(properties, part)
      ? properties[part]
      : /^\d+$/.test(part)
        ? schema.items
        : schema.additionalProperties;
  return branches(next, root);
}

/** The schema itself, with references followed and alternatives laid side by side. */
function branches(value: unknown, root: Schema): readonly Schema[] {
  const schema = asSchema(value);
  if (!schema) return [];
  if (typeof schema.$ref === 'string') {
    const named = asSchema(root.$defs)?.[schema.$ref.replace('#/$defs/', '')];
    return branches(named, root);
  }
  const alternatives = [schema.anyOf, schema.oneOf, schema.allOf].find(Array.isArray);
  return alternatives ? alternatives.flatMap((each) => branches(each, root)) : [schema];
}

function asSchema(value: unknown): Schema | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : undefined;
}
