import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { digest } from '../../model/digest.js';

/** Tells one template of pods from another: it is changed by nothing but the template. */
export function templateDigest(template: V1PodTemplateSpec): string {
  return digest(template).slice(0, 16);
}
