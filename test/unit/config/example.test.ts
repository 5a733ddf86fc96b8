import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { describeAutonomy, exampleText, jsonSchema, parseConfig } from '../../../config/index.js';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('nightshift.example.yaml', () => {
  it('is what config example prints, and loads without a warning', () => {
    expect(exampleText()).toBe(read('nightshift.example.yaml'));
    expect(parseConfig(exampleText(), 'nightshift.example.yaml').warnings).toEqual([]);
  });

  it('fits the JSON Schema that editors use, and a mistake in it does not', () => {
    const validate = new Ajv2020.default({ allowUnionTypes: true }).compile(
      JSON.parse(read('config/nightshift.schema.json')),
    );
    const example: Record<string, unknown> = parse(exampleText());
    expect(validate(example), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...example, defaults: { settle: '10 seconds' } })).toBe(false);
    expect(validate({ ...example, target: [] })).toBe(false);
  });

  it('the committed JSON Schema is that of the code (else run: npm run build, then node dist/config/write-schema.js)', () => {
    expect(JSON.parse(read('config/nightshift.schema.json'))).toEqual(jsonSchema());
  });

  it('says what can happen without a person', () => {
    expect(describeAutonomy(parseConfig(exampleText(), 'x.yaml'))).toEqual([
      {
        target: 'docker/local/agent',
        withoutAPerson: ['what disrupts nothing'],
        withADecision: ['what disrupts briefly', 'what causes an outage', 'what loses data'],
        onlyPlanned: [],
      },
      {
        target: 'docker/local/billing',
        withoutAPerson: [],
        withADecision: [],
        onlyPlanned: [
          'what disrupts nothing',
          'what disrupts briefly',
          'what causes an outage',
          'what loses data',
        ],
      },
      {
        target: 'docker/local',
        withoutAPerson: [],
        withADecision: [
          'what disrupts nothing',
          'what disrupts briefly',
          'what causes an outage',
          'what loses data',
        ],
        onlyPlanned: [],
      },
    ]);
  });
});
