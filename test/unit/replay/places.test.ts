import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allPlaces } from '../../../replay/places.js';
import { mem001 } from '../../../workflows/runbooks/mem-001/index.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

describe('the places that a replay names', () => {
  it('are there, each of them', () => {
    const places = allPlaces(mem001.ladder.map(({ name }) => name));
    expect(places.length).toBeGreaterThan(25);
    expect(places.filter((place) => place === '' || !existsSync(`${root}${place}`))).toEqual([]);
  });
});
