/** What the kernel says of a process of this machine. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** Resident bytes of the process. */
export function residentOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
}

/** Private memory: what the kernel counts as a process's own, without files that are mapped. */
export function anonOf(pid: number): number {
  const line = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}

/** Pages in memory of the files that the stand-in wrote, by `fincore`; all of the file where there is no such program. */
export function filePagesOf(pid: number): number {
  const files = readdirSync(`/proc/${pid}/fd`).filter((fd) => linkOf(pid, fd).includes('agent-bruno-pages-'));
  return sum(
    files.map((fd) => {
      const path = `/proc/${pid}/fd/${fd}`;
      try {
        return Number(
          execFileSync('fincore', ['--bytes', '--noheadings', '-o', 'RES', path], { encoding: 'utf8' }),
        );
      } catch {
        return statSync(path).size;
      }
    }),
  );
}

/** Open sockets of the process to that port of this machine. */
export function socketsTo(pid: number, port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set(
    readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((words) => words[2]?.endsWith(suffix) && words[3] === '01')
      .map((words) => `socket:[${words[9]}]`),
  );
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => inodes.has(linkOf(pid, fd))).length;
}

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return ''; // closed since
  }
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
