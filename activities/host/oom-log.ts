import { containerIdIn } from './process.js';

/** One line of the kernel log. */
export interface KernelLine {
  /** Milliseconds since the epoch, by the host's clock. */
  readonly atMs: number;
  readonly text: string;
}

/** One process that the kernel's OOM killer ended, as the log tells it. */
export interface LoggedKill {
  readonly atMs: number;
  readonly pid: number;
  readonly process: string;
  /** Cgroup of the process that was killed, where the kernel says it. */
  readonly cgroup?: string;
  readonly containerId?: string;
  /** True: a cgroup was at its limit. False: the whole host was out of memory. */
  readonly byLimit: boolean;
  readonly anonBytes?: number;
}

/**
 * A record of /dev/kmsg: `priority,sequence,microseconds since boot,flags;text`. Undefined for continuation lines, and
 * for what programs wrote there themselves (facility other than 0): that proves nothing.
 */
export function parseKmsg(
  record: string,
): { sequence: number; microseconds: number; text: string } | undefined {
  const match = /^[0-7],(\d+),(\d+),[^;]*;([^\n]*)/.exec(record);
  if (!match) return undefined;
  return { sequence: Number(match[1]), microseconds: Number(match[2]), text: match[3] ?? '' };
}

/** A line of `journalctl -k -o short-unix`: `1700000000.123456 host kernel: text`. */
export function parseJournal(line: string): KernelLine | undefined {
  const match = /^(\d+\.\d+) \S+ kernel: (.*)$/.exec(line);
  return match ? { atMs: Number(match[1]) * 1000, text: match[2] ?? '' } : undefined;
}

/** Lines of the kernel log that the diagnosis shows. */
export function isAboutOom(text: string): boolean {
  return /out of memory|killed process|oom-kill|oom_reaper|memory\.oom\.group/i.test(text);
}

/**
 * Follows the kernel's several ways of telling an OOM kill. Since 5.0 an `oom-kill:` line names cgroup and pid before
 * the `Killed process` line; 3.x and 4.x name the cgroup in a `Task in … killed as a result of limit of …` line, and
 * announce with `Kill process … or sacrifice child`, which is not the kill itself. With memory.oom.group one
 * `Tasks in … are going to be killed` stands before several kills. Kept between calls: a log is read in pieces.
 */
export class OomLog {
  #byPid = new Map<number, string>();
  #before: { cgroup: string; atMs: number } | undefined;

  /** The kill that this line completes, if it does. */
  line({ atMs, text }: KernelLine): LoggedKill | undefined {
    this.#noteCgroup(atMs, text);
    const match = killed.exec(text);
    if (!match) return undefined;
    const [, prefix = '', pidText = '', process = '', rest = ''] = match;
    const pid = Number(pidText);
    const cgroup = this.#cgroupOf(pid, atMs);
    const anon = /anon-rss:(\d+)kB/.exec(rest)?.[1];
    return {
      atMs,
      pid,
      process,
      byLimit: /^memory cgroup/i.test(prefix) || (prefix === '' && cgroup !== undefined),
      ...(cgroup === undefined ? {} : { cgroup, containerId: containerIdIn(cgroup) }),
      ...(anon === undefined ? {} : { anonBytes: Number(anon) * 1024 }),
    };
  }

  #noteCgroup(atMs: number, text: string): void {
    const modern = /^oom-kill:.*\btask_memcg=([^,]*),task=.*,pid=(\d+),uid=/.exec(text);
    if (modern) this.#byPid.set(Number(modern[2]), modern[1] ?? '');
    const older = /^Task in (\S+) killed as a result of limit of/.exec(text);
    const group = /^Tasks in (\S+) are going to be killed due to memory\.oom\.group/.exec(text);
    const cgroup = older?.[1] ?? group?.[1];
    if (cgroup) this.#before = { cgroup, atMs };
  }

  /** Line pairs of one kill follow each other within milliseconds; what is older belongs to another kill. */
  #cgroupOf(pid: number, atMs: number): string | undefined {
    const own = this.#byPid.get(pid);
    this.#byPid.delete(pid);
    if (own !== undefined) return own;
    return this.#before && atMs - this.#before.atMs < 1000 ? this.#before.cgroup : undefined;
  }
}

/** `Killed process 1 (a) total-vm…`, also with `, UID 0,` before the name (RHEL 6) and with words in front. */
const killed =
  /^(Memory cgroup out of memory: |Out of memory[^:]*: )?Killed process (\d+)(?:, UID \d+,)? \((.*)\)(,? .*|)$/;
