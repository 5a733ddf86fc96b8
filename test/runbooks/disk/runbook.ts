/** DISK-001: a disk in a container is full. Pure: this module is part of the workflow bundle. */
import {
  type Cause,
  type Check,
  type Diagnosis,
  growthOf,
  percentOf,
  type Remedy,
  type Runbook,
  type Sample,
  shortName,
} from '../../../workflows/authoring.js';
import { type DiskLook, kinds, removeFiles, restart } from './kinds.js';

const ladder: readonly Remedy<DiskLook>[] = [
  {
    name: 'remove-files',
    title: 'Remove files that are not needed',
    usually: 'none',
    propose(look) {
      const found = look.details.removable.filter(({ files }) => files > 0);
      if (found.length === 0) return { skip: 'there are no files under the paths that may be emptied' };
      return { changes: found.map((folder) => removeFiles.draft(look, folder)) };
    },
  },
  {
    name: 'restart',
    title: 'Restart the container',
    usually: 'outage',
    propose: (look) => ({ changes: [restart.draft(look)] }),
  },
];

function diagnose(look: DiskLook, samples: readonly Sample[]): Diagnosis {
  const percent = look.measure?.percent ?? 0;
  const { warningPercent, criticalPercent } = look.policy.thresholds;
  const level = percent >= criticalPercent ? 'critical' : percent >= warningPercent ? 'warning' : 'normal';
  const growth = growthOf(samples);
  return {
    level,
    levelWhy: `${look.settings.path} is ${percent.toFixed(0)} % full`,
    causes: causes(look),
    ...(growth && { growth }),
  };
}

/** What the disk is full of: files that may go, or everything else. */
function causes({ measure, details, settings }: DiskLook): readonly Cause[] {
  if (!measure) return [];
  const removable = details.removable.reduce((sum, { bytes }) => sum + bytes, 0);
  const share = measure.used === 0 ? 0 : Math.min(1, removable / measure.used);
  const figure = `${mib(removable)} of ${mib(measure.used)} may be removed`;
  return [
    {
      name: 'left-over-files',
      summary: `Files that nobody needs fill ${settings.path}`,
      weight: share,
      evidenceFor: share > 0 ? [figure] : [],
      evidenceAgainst: share > 0 ? [] : [figure],
    },
    {
      name: 'disk-too-small',
      summary: `${settings.path} is too small for what must stay on it`,
      weight: 1 - share,
      evidenceFor: [`${mib(measure.used - removable)} must stay, and the disk has ${mib(measure.limit)}`],
      evidenceAgainst: [],
    },
  ].sort((a, b) => b.weight - a.weight);
}

/** As long as this it must not fill up again, seconds. */
const roomForSeconds = 3600;

function verify(look: DiskLook, _before: DiskLook, samples: readonly Sample[]): readonly Check[] {
  const { warningPercent } = look.policy.thresholds;
  const percents = samples.map(percentOf);
  const worst = Math.max(look.measure?.percent ?? 100, ...percents.map((percent) => percent ?? 100));
  const left = growthOf(samples)?.secondsToLimit;
  return [
    {
      name: 'below the threshold',
      passed: worst < warningPercent,
      note: `at most ${worst.toFixed(0)} % (threshold ${warningPercent} %)`,
    },
    { name: 'running', passed: look.healthy, note: look.healthNote ?? 'it runs' },
    {
      name: 'not filling up again',
      passed: left === undefined || left > roomForSeconds,
      note: left === undefined ? 'no growth seen' : `full in ${Math.round(left)} s at this rate`,
    },
  ];
}

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** The runbook: "free a full disk in a container". */
export const runbook: Runbook<DiskLook> = {
  name: 'DISK-001',
  title: 'Full disk in a container',
  version: 1,
  targetKinds: ['containerDisk'],
  page: {
    alerts: ['ContainerDiskFull'],
    symptoms: ['writes fail: no space left on device'],
    impact: 'The service can no longer write.',
    lookedAt: ['use of the disk (df)', 'what lies under the paths that may be emptied', 'the container'],
    verification: ['below the threshold', 'running', 'not filling up again'],
    escalation: ['nothing that may be removed is left'],
  },
  changeKinds: kinds,
  ladder,
  diagnose,
  verify,
  recommend: ({ first, latest }) => [
    {
      title: `Rotate what is written below ${latest.settings.path}`,
      why: `${shortName(first.target.key)} was ${first.measure?.percent.toFixed(0) ?? '?'} % full`,
    },
  ],
};
