export { type DraftFolder, demandRoom, makeFolderWhole } from './atomic/draft-folder.js';
export { type Draft, findDrafts } from './atomic/drafts.js';
export { findAbandonedScratch, findLeftovers } from './atomic/leftovers.js';
export { linkAll } from './atomic/link-all.js';
export { linkFile, moveFile, removeFile, swapLink } from './atomic/move.js';
export { finishReplacement, type Replacement, readReplaced, replaceTogether } from './atomic/replace-together.js';
export { type Scratch, withScratchFile } from './atomic/scratch.js';
export { makeTemporaryFolder, type TemporaryFolder } from './atomic/temporary-folder.js';
export { removeUnfinished } from './atomic/unfinished.js';
export { type Content, createFileExclusive, type WriteOptions, writeFileAtomic } from './atomic/write.js';
export { errnoOf, FilesError, type FilesErrorCode, filesError } from './errors.js';
export { type CoreDumps, readCoreDumps } from './process/core-dumps.js';
export { closeInheritedFiles } from './process/inherited-files.js';
export { endOnDefect } from './process/process-defects.js';
export { hardenProcess } from './process/process-hardening.js';
export { acquireProcessLock, type ProcessLock, processLockOwner } from './process/process-lock.js';
export {
  finishStdout,
  lineWriter,
  outputExit,
  SIGPIPE_EXIT,
  streamToStdout,
  toStderr,
  toStdout,
} from './process/standard-output.js';
export { readSwap, type SwapArea } from './process/swap.js';
export { type ReadOptions, readFileLimited } from './read.js';
export { readInput } from './read-input.js';
export { type FoldersAbove, isOurs, withAnchoredPath } from './scrutiny/anchor.js';
export { type Attributes, setAttributes } from './scrutiny/attributes.js';
export { type Demand, type Exposure, findExposedAbove, findExposures, type OthersMay } from './scrutiny/exposure.js';
export { demandWritable, ensureDir, removeEmptyDir, removeTree, syncDir } from './scrutiny/folder.js';
export { type FreeSpace, freeSpace } from './scrutiny/free-space.js';
export { makeFolder, type NewFolder } from './scrutiny/make-folder.js';
export { type OpenFile, openFileSync } from './scrutiny/open-file.js';
export { checkPrivateFile } from './scrutiny/private.js';
export { demandClosable, ensurePrivateDir } from './scrutiny/private-folder.js';
export { isTemporaryName, temporaryPath } from './temporary-name.js';
export { type ChangedPaths, type TreeWatcher, type WatchOptions, watchTree } from './watch/watch.js';
