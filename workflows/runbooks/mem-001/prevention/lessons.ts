import type { DockerLook } from '../../../../model/container.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import type { Seen } from '../../../../model/runbook.js';

/** What prevention reads: what was seen, and the diagnosis when it was worst. */
export interface Lessons {
  readonly seen: Seen<DockerLook>;
  /** The latest diagnosis is that of a recovered target: what led to the incident is told by this one. */
  readonly worst: Diagnosis;
}
