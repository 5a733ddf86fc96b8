/** What DISK-001 may change: one kind empties folders, one restarts. Pure. */
import type {
  Change,
  ChangeDraft,
  ChangeKind,
  Disruption,
  JsonObject,
  Look,
} from '../../../workflows/authoring.js';

/** What `settings:` of a containerDisk says. */
export interface DiskSettings {
  readonly container: string;
  /** Where the disk is mounted in the container. */
  readonly path: string;
  /** Folders on it whose files may go, and what that costs. */
  readonly remove: readonly {
    readonly path: string;
    readonly disruption: Disruption;
    readonly harm: string;
  }[];
}

export interface Folder {
  readonly path: string;
  readonly bytes: number;
  readonly files: number;
}

export interface DiskDetails {
  /** Key of the container that the disk is in. */
  readonly containerKey: string;
  readonly status: string;
  /** True: what is on it is lost with a restart. */
  readonly tmpfs: boolean;
  readonly removable: readonly Folder[];
}

export type DiskLook = Look<DiskDetails, DiskSettings>;

const objectOf = ({ target, identity }: DiskLook): ChangeDraft['object'] => ({
  key: target.key,
  uid: identity.uid,
  name: identity.name,
});

const sameContainer = (change: Change, look: DiskLook): string | null =>
  change.object.uid === look.identity.uid ? null : 'it is another container now';

const removeKind: ChangeKind<JsonObject, DiskLook> = {
  kind: 'disk.removeFiles',
  title: 'Remove files below a configured folder',
  disruption({ params }, look) {
    const configured = look.settings.remove.find(({ path }) => path === params.path);
    // A folder that is no longer configured may not be touched: the worst is assumed, and precondition refuses.
    return configured
      ? { disruption: configured.disruption, why: configured.harm }
      : { disruption: 'dataLoss', why: 'the configuration no longer says that it may be emptied' };
  },
  describe: ({ object: { name }, params }) => ({
    sentence: `Remove the files below ${params.path} in container ${name}`,
    command: `docker exec ${name} find ${params.path} -xdev -mindepth 1 -type f -exec rm -f {} +`,
  }),
  precondition: (change, look) =>
    look.settings.remove.some(({ path }) => path === change.params.path)
      ? sameContainer(change, look)
      : `the configuration no longer allows to empty ${change.params.path}`,
  undo: () => ({ none: 'files that were removed are gone' }),
  timeoutSeconds: () => 30,
};

const restartKind: ChangeKind<JsonObject, DiskLook> = {
  kind: 'disk.restart',
  title: 'Restart the container',
  disruption: (_draft, { details, settings }) =>
    details.tmpfs
      ? { disruption: 'dataLoss', why: `${settings.path} is a tmpfs: everything on it is lost` }
      : { disruption: 'outage', why: 'there is one container' },
  describe: ({ object: { name } }) => ({
    sentence: `Restart container ${name}`,
    command: `docker restart ${name}`,
  }),
  precondition: sameContainer,
  undo: () => ({ none: 'a restart is not undone' }),
  timeoutSeconds: () => 60,
};

export const kinds: readonly ChangeKind<JsonObject, DiskLook>[] = [removeKind, restartKind];

export const removeFiles = {
  kind: removeKind.kind,
  draft: (look: DiskLook, { path }: Folder): ChangeDraft => ({
    kind: removeKind.kind,
    object: objectOf(look),
    touches: [look.target.key],
    fields: [],
    params: { path },
    fresh: {},
  }),
};

export const restart = {
  kind: restartKind.kind,
  draft: (look: DiskLook): ChangeDraft => ({
    kind: restartKind.kind,
    object: objectOf(look),
    // The key of the container, too: an incident of its memory may not restart it at the same time.
    touches: [look.target.key, look.details.containerKey],
    fields: [],
    params: {},
    fresh: { startedAt: look.identity.startedAt ?? null },
  }),
};
