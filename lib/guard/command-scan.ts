import { posix } from 'node:path';
import { finding, type GuardFinding } from './finding.js';
import { MAX_PATH_LENGTH, type ProtectedPaths } from './protected-paths.js';
import { type SimpleCommand, simpleCommands } from './shell-words.js';
import { isSystemRoot } from './system-roots.js';

const SHELLS = /^(sh|bash|dash|zsh|ksh|ash|su|eval)$/;
const TREE_CHANGERS = /^(rm|chmod|chown|chgrp)$/;
const RECURSIVE = /^(-[a-qs-zA-QS-Z]*[rR][a-zA-Z]*|--recursive)$/; // one way to match, so that it takes one pass
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

/** In one pass: whoever writes a long command must not keep the server or the agent busy for minutes. */
function* judge(words: SimpleCommand, own: ProtectedPaths): Iterable<GuardFinding> {
  const last = {
    recursive: words.findLastIndex((word) => RECURSIVE.test(word)),
    delete: words.lastIndexOf('-delete'),
    reading: words.findLastIndex((word) => READING_VERBS.test(word)),
    removing: words.findLastIndex((word) => REMOVING_VERBS.test(word)),
    own: words.findLastIndex((word) => OWN_NAMES.test(word)),
  };
  // The first program of each kind: what stands behind a later one stands behind it too.
  let treeChanger: string | undefined;
  let overwriter: string | undefined;
  let hasDd = false;

  for (const [i, word] of words.entries()) {
    const path = own.namedIn(word);
    if (path !== undefined) yield ownPath(path);
    if (treeChanger !== undefined) yield* judgeTree(treeChanger, word, own);
    if (overwriter !== undefined) yield* judgeDevice(overwriter, word);
    if (hasDd && word.startsWith('of=')) yield* judgeDevice('dd', word.slice(3));
    if (words[i - 1] === '>') yield* judgeDevice('a redirection', word);

    // Every word may be the program: behind sudo, env or xargs it isn't the first one.
    const program = posix.basename(word);
    if (TREE_CHANGERS.test(program) && last.recursive > i) treeChanger ??= program;
    if (program === 'find' && last.delete > i) treeChanger ??= 'find -delete';
    if (FORMATTERS.test(program) || program === 'tee') overwriter ??= program;
    hasDd ||= program === 'dd';
    const stopsService = SERVICE_TOOLS.test(program) && last.reading <= i;
    const removesPackage = PACKAGE_TOOLS.test(program) && last.removing > i;
    if ((stopsService || removesPackage) && last.own > i) {
      yield finding('vigo_service', `${program} would stop or remove Vigo itself`);
    }
  }
}

function* judgeTree(program: string, target: string, own: ProtectedPaths): Iterable<GuardFinding> {
  if (!target.startsWith('/') || target.length > MAX_PATH_LENGTH) return;
  if (own.liesBelow(target.replace(/\/\*$/, '')))
    yield finding('vigo_path', `${program} would go through ${target}, where Vigo's own files are`);
  if (isSystemRoot(target)) yield finding('system_root', `${program} would go through all of ${target}`);
}

function* judgeDevice(program: string, target: string): Iterable<GuardFinding> {
  if (!target.startsWith('/dev/') || HARMLESS_DEVICE.test(target)) return;
  yield finding('raw_device', `${program} would overwrite the device ${target}`);
}

function ownPath(path: string): GuardFinding {
  return finding('vigo_path', `the command touches ${path}, which belongs to Vigo`);
}
