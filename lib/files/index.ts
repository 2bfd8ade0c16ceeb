export { errnoOf, FilesError, type FilesErrorCode } from './errors.js';
export { ensureDir, removeEmptyDir, removeTree, syncDir } from './folder.js';
export { linkFile, moveFile, removeFile, swapLink } from './move.js';
export { checkPrivateFile } from './private.js';
export { acquireProcessLock, type ProcessLock } from './process-lock.js';
export { type ReadOptions, readFileLimited } from './read.js';
export { isTemporaryName, temporaryPath } from './temporary-name.js';
export { type TreeWatcher, type WatchOptions, watchTree } from './watch.js';
export { createFileExclusive, type WriteOptions, writeFileAtomic } from './write.js';
