export { type FoldersAbove, isOurs, withAnchoredPath } from './anchor.js';
export { type Attributes, setAttributes } from './attributes.js';
export { type CoreDumps, readCoreDumps } from './core-dumps.js';
export { type DraftFolder, demandRoom, makeFolderWhole } from './draft-folder.js';
export { type Draft, findDrafts } from './drafts.js';
export { errnoOf, FilesError, type FilesErrorCode, filesError } from './errors.js';
export { type Demand, type Exposure, findExposedAbove, findExposures, type OthersMay } from './exposure.js';
export { demandWritable, ensureDir, removeEmptyDir, removeTree, syncDir } from './folder.js';
export { type FreeSpace, freeSpace } from './free-space.js';
export { closeInheritedFiles } from './inherited-files.js';
export { findAbandonedScratch, findLeftovers } from './leftovers.js';
export { linkAll } from './link-all.js';
export { makeFolder, type NewFolder } from './make-folder.js';
export { linkFile, moveFile, removeFile, swapLink } from './move.js';
export { type OpenFile, openFileSync } from './open-file.js';
export { checkPrivateFile } from './private.js';
export { demandClosable, ensurePrivateDir } from './private-folder.js';
export { endOnDefect } from './process-defects.js';
export { hardenProcess } from './process-hardening.js';
export { acquireProcessLock, type ProcessLock, processLockOwner } from './process-lock.js';
export { type ReadOptions, readFileLimited } from './read.js';
export { readInput } from './read-input.js';
export { finishReplacement, type Replacement, readReplaced, replaceTogether } from './replace-together.js';
export { type Scratch, withScratchFile } from './scratch.js';
export {
  finishStdout,
  lineWriter,
  outputExit,
  SIGPIPE_EXIT,
  streamToStdout,
  toStderr,
  toStdout,
} from './standard-output.js';
export { readSwap, type SwapArea } from './swap.js';
export { makeTemporaryFolder, type TemporaryFolder } from './temporary-folder.js';
export { isTemporaryName, temporaryPath } from './temporary-name.js';
export { removeUnfinished } from './unfinished.js';
export { type ChangedPaths, type TreeWatcher, type WatchOptions, watchTree } from './watch.js';
export { type Content, createFileExclusive, type WriteOptions, writeFileAtomic } from './write.js';
