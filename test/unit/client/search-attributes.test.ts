import { describe, expect, it } from 'vitest';
import { registering } from '../../../client/search-attributes.js';

describe('search attributes that a namespace lacks', () => {
  it('come with the whole command that registers them', () => {
    const command = registering(['NightshiftTarget', 'NightshiftNeedsDecision'], {
      address: '10.0.0.5:7233',
      namespace: 'ops',
    });
    expect(command).toBe(
      'temporal operator search-attribute create --address 10.0.0.5:7233 --namespace ops ' +
        '--name NightshiftTarget --type Keyword --name NightshiftNeedsDecision --type Bool',
    );
  });
});
