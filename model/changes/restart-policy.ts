import type { ChangeDraft, ChangeKind } from '../change.js';
import type { ContainerReading, DockerLook } from '../container.js';
import { containerObject, containerRefusal, findContainer } from './object.js';
import { shellCommand } from './shell.js';

/** Nothing besides the field `restartPolicy`. */
export type RestartPolicyParams = Readonly<Record<string, never>>;

const field = 'restartPolicy';

/** The change that sets a restart policy, `unless-stopped` as MEM-001 has it. */
export function planRestartPolicy(
  container: ContainerReading,
  policy = 'unless-stopped',
): ChangeDraft<RestartPolicyParams> {
  const object = containerObject(container);
  return {
    kind: 'container.restartPolicy',
    object,
    touches: [object.key],
    fields: [{ name: field, before: normalPolicy(container.restartPolicy), after: policy }],
    params: {},
    fresh: {},
  };
}

/** The engine gives an unset policy as an empty text. */
export function normalPolicy(policy: string): string {
  return policy === '' ? 'no' : policy;
}

/** Why this container must not be started again whenever it ends, or null. */
export function restartPolicyRefusal(container: ContainerReading, look: DockerLook): string | null {
  if (container.autoRemove) return `${container.name} is removed when it ends (--rm)`;
  if (container.orchestrator !== undefined)
    return `${container.name} belongs to ${container.orchestrator}, which restarts it itself`;
  if (isOneShot(container, look)) return `${container.name} is a one-shot container: it is meant to end`;
  return null;
}

/** Made by `docker compose run`, waited for until it completes, or ended well without a policy. */
export function isOneShot(container: ContainerReading, look: DockerLook): boolean {
  if (container.labels['com.docker.compose.oneoff']?.toLowerCase() === 'true') return true;
  if (container.status === 'exited' && container.exitCode === 0) return true;
  return look.details.containers.some(
    (other) =>
      other.composeProject !== undefined &&
      other.composeProject === container.composeProject &&
      (other.labels['com.docker.compose.depends_on'] ?? '')
        .split(',')
        .some((entry) => entry.startsWith(`${container.composeService}:service_completed_successfully`)),
  );
}

export const restartPolicy: ChangeKind<RestartPolicyParams, DockerLook> = {
  kind: 'container.restartPolicy',
  title: "Set a container's restart policy",
  disruption: () => ({ disruption: 'none', why: 'it acts only when the container ends the next time' }),
  describe(draft) {
    const { after } = policyField(draft);
    return {
      sentence: `Set the restart policy of container ${draft.object.name} to ${after}`,
      command: shellCommand(['docker', 'update', `--restart=${after}`, draft.object.name]),
    };
  },
  precondition(change, look) {
    const { key, uid, name } = change.object;
    const refusal = containerRefusal({ key, id: uid, name }, look);
    const container = findContainer(look, key);
    if (refusal !== null || container === undefined) return refusal;
    const { before, after } = policyField(change);
    const now = normalPolicy(container.restartPolicy);
    if (now !== before && now !== after)
      return `The restart policy is ${now} now, not ${before}: somebody else has set it.`;
    return after === 'no' ? null : restartPolicyRefusal(container, look);
  },
  undo({ kind, object, touches, fields, params }) {
    const back = fields.map(({ name, before, after }) => ({ name, before: after, after: before }));
    return { kind, object, touches, fields: back, params, fresh: {} };
  },
  timeoutSeconds: () => 30,
};

function policyField(draft: Pick<ChangeDraft, 'fields'>): { before: string; after: string } {
  const one = draft.fields.find(({ name }) => name === field);
  if (typeof one?.before !== 'string' || typeof one.after !== 'string')
    throw new TypeError(`container.restartPolicy needs a field ${field}`);
  return { before: one.before, after: one.after };
}
