import type { CarryOutRequest, SampleRequest } from '../../../model/activities.js';
import type { IncidentEnd, LeaseRequest } from '../../../model/governor.js';
import type { Reply, Scene } from '../scene.js';
import type { Micros } from '../times.js';
import { carryOut } from './change.js';
import { askGovernor, tellGovernor } from './governor.js';
import { look } from './look.js';
import { sample } from './sample.js';

/** Answers one activity that the candidate asks for now, from the recording alone. */
export async function answer(scene: Scene, type: string, request: unknown, now: Micros): Promise<Reply> {
  switch (type) {
    case 'look':
      return look(scene, now);
    case 'sample':
      return sample(scene, request as SampleRequest, now);
    case 'carryOut':
      return carryOut(scene, request as CarryOutRequest, now);
    case 'askGovernor':
      return askGovernor(scene, (request as { readonly lease: LeaseRequest }).lease, now);
    case 'tellGovernor':
      return tellGovernor(scene, request as IncidentEnd, now);
    default:
      return { unknown: `'${type}' is nothing that a recording can answer`, at: now };
  }
}
