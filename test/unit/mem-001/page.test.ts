import { describe, expect, it } from 'vitest';
import { mem001 } from '../../../workflows/runbooks/mem-001/index.js';
import { namedBy } from '../../support/page-names.js';
import { containerLook, endpoint, host, hostLook, MiB, samplesOf } from './looks.js';

const samples = samplesOf(Array.from({ length: 24 }, () => 100 * MiB));

describe('the page of MEM-001', () => {
  it('names every check that verification makes, of containers and of hosts, and no other', () => {
    const probed = containerLook({ settings: { probe: endpoint('/health') } });
    const onHost = hostLook([], host());
    const checks = [probed, onHost].flatMap((look) => mem001.verify(look, look, samples));
    const names = [...new Set(checks.map(({ name }) => name))];
    expect([...namedBy(mem001.page.verification, names)].sort()).toEqual([...names].sort());
  });
});
