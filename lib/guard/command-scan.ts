import { posix } from 'node:path';
import { finding, type GuardFinding } from './finding.js';
import type { ProtectedPaths } from './protected-paths.js';
import { type SimpleCommand, simpleCommands } from './shell-words.js';
import { isSystemRoot } from './system-roots.js';

const SHELLS = /^(sh|bash|dash|zsh|ksh|ash|su|eval)$/;
const TREE_CHANGERS = /^(rm|chmod|chown|chgrp)$/;
const RECURSIVE = /^(-[a-zA-Z]*[rR][a-zA-Z]*|--recursive)$/;
const FORMATTERS = /^(mkfs|mkfs\..+|mke2fs|mkswap|wipefs|blkdiscard|shred|sgdisk|sfdisk|fdisk|parted)$/;
/** Devices that swallow or show what is written to them. */
const HARMLESS_DEVICE = /^\/dev\/(null|zero|full|random|urandom|tty.*|pts\/.*|std(in|out|err)|fd\/.*|shm\/.*|log)$/;
const SERVICE_TOOLS = /^(systemctl|service|rc-service|pkill|killall)$/;
const READING_VERBS = /^(status|show|cat|list-.*|is-.*|help)$/;
const PACKAGE_TOOLS = /^(apt|apt-get|dpkg|dnf|yum|rpm|zypper|apk|npm|snap)$/;
const REMOVING_VERBS = /^(remove|purge|autoremove|erase|uninstall|un|rm|del|-r|-P|-e|--remove|--purge|--erase)$/;
const OWN_NAMES = /^(vigo|vigosrv|vigocli|vigo-envoy)(\.service)?$/;
const MAX_SHELL_DEPTH = 5;

/** Looks for what plainly harms the machine or Vigo. @param command a text for `/bin/sh -c`, or a program's arguments */
export function scanCommand(command: string | readonly string[], own: ProtectedPaths): readonly GuardFinding[] {
  const found = new Map<string, GuardFinding>();
  for (const words of commandsIn(command, MAX_SHELL_DEPTH)) {
    for (const finding of judge(words, own)) found.set(finding.message, finding);
  }
  return [...found.values()];
}

/** All simple commands, those inside `sh -c '…'` too. */
function commandsIn(command: string | readonly string[], depth: number): readonly SimpleCommand[] {
  const commands = typeof command === 'string' ? simpleCommands(command) : [command];
  if (depth === 0) return commands;
  const inner = commands
    .filter((words) => words.some((word) => SHELLS.test(posix.basename(word))))
    .flatMap((words) => words.filter((word) => /\s/.test(word)).flatMap((script) => commandsIn(script, depth - 1)));
  return [...commands, ...inner];
}

function* judge(words: SimpleCommand, own: ProtectedPaths): Iterable<GuardFinding> {
  for (const word of words) {
    const path = own.namedIn(word);
    if (path !== undefined) yield ownPath(path);
  }
  for (const [i, word] of words.entries()) {
    // Every word may be the program: behind sudo, env or xargs it isn't the first one.
    const program = posix.basename(word);
    const rest = words.slice(i + 1);
    if (TREE_CHANGERS.test(program) && rest.some((flag) => RECURSIVE.test(flag))) yield* judgeTree(program, rest, own);
    if (program === 'find' && rest.includes('-delete')) yield* judgeTree('find -delete', rest, own);
    yield* judgeDevices(word, program, rest);
    yield* judgeServices(program, rest);
  }
}

function* judgeTree(program: string, targets: SimpleCommand, own: ProtectedPaths): Iterable<GuardFinding> {
  for (const target of targets) {
    if (!target.startsWith('/')) continue;
    if (own.liesBelow(target.replace(/\/\*$/, ''))) yield ownPath(target);
    if (isSystemRoot(target)) yield finding('system_root', `${program} would go through all of ${target}`);
  }
}

function* judgeDevices(word: string, program: string, rest: SimpleCommand): Iterable<GuardFinding> {
  const targets =
    program === 'dd'
      ? rest.filter((operand) => operand.startsWith('of=')).map((operand) => operand.slice(3))
      : FORMATTERS.test(program) || program === 'tee'
        ? rest
        : word === '>'
          ? rest.slice(0, 1)
          : [];
  for (const target of targets) {
    if (!target.startsWith('/dev/') || HARMLESS_DEVICE.test(target)) continue;
    yield finding('raw_device', `${word === '>' ? 'a redirection' : program} would overwrite the device ${target}`);
  }
}

function* judgeServices(program: string, rest: SimpleCommand): Iterable<GuardFinding> {
  const isService = SERVICE_TOOLS.test(program) && !rest.some((word) => READING_VERBS.test(word));
  const isPackage = PACKAGE_TOOLS.test(program) && rest.some((word) => REMOVING_VERBS.test(word));
  if ((isService || isPackage) && rest.some((word) => OWN_NAMES.test(word))) {
    yield finding('vigo_service', `${program} would stop or remove Vigo itself`);
  }
}

function ownPath(path: string): GuardFinding {
  return finding('vigo_path', `the command touches ${path}, which belongs to Vigo`);
}
