import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * `<pid> <start time> <boot id>`, of this process or another one: a process id alone is given to another process
 * sooner or later.
 */
export async function describeProcess(pid: number): Promise<string> {
  const stat = await readFile(join('/proc', String(pid), 'stat'), 'utf8').catch(() => '');
  // proc(5): field 22 is the start time; field 2, in parentheses, may itself hold spaces and parentheses.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // What was killed and isn't waited for yet does nothing any more.
  const startTime = state === 'Z' || state === 'X' ? '-' : (fields[18] ?? '-');
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '-');
  return `${pid} ${startTime} ${boot.trim()}\n`;
}

/**
 * This process as a part of a file's name, to tell what a dead one left: boot, namespace of process ids, process id and
 * start time, joined by dashes.
 */
export async function processMark(pid: number = process.pid): Promise<string> {
  const [id = '', startTime = '', boot = ''] = (await describeProcess(pid)).trim().split(' ');
  return [boot.replaceAll('-', '').slice(0, 12) || 'x', await namespaceOfIds(), id, startTime].join('-');
}

/**
 * Whose mark it is: a living process, a dead one, or one that can't be seen from here, because it lives or lived in
 * another container.
 */
export async function ownerOfMark(mark: string): Promise<{ pid: number; is: 'alive' | 'dead' | 'unseen' } | undefined> {
  const [, boot, namespace, id] = /^([0-9a-z]+)-([0-9x]+)-([1-9][0-9]{0,9})-[0-9]+$/.exec(mark) ?? [];
  if (boot === undefined || id === undefined) return undefined;
  const pid = Number(id);
  const [myBoot, myNamespace] = (await processMark()).split('-');
  if (boot !== myBoot) return { pid, is: 'dead' };
  if (namespace !== myNamespace) return { pid, is: 'unseen' };
  return { pid, is: (await processMark(pid)) === mark ? 'alive' : 'dead' };
}

async function namespaceOfIds(): Promise<string> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '');
  return /[0-9]+/.exec(link)?.[0] ?? 'x';
}
