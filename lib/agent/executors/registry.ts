import type { ResolvedResource } from '../../policy/index.js';
import { directoryExecutor } from './directory.js';
import { execExecutor } from './exec.js';
import type { ExecutorContext, Verdict } from './executor.js';
import { fileExecutor } from './file.js';

/** Looks at a resource with the executor of its type; changes nothing. */
export function checkResource(resource: ResolvedResource, context: ExecutorContext): Promise<Verdict> {
  switch (resource.type) {
    case 'file':
      return fileExecutor.check(resource, context);
    case 'directory':
      return directoryExecutor.check(resource, context);
    case 'exec':
      return execExecutor.check(resource, context);
  }
}

/** Makes a resource what it is declared to be. */
export function applyResource(resource: ResolvedResource, context: ExecutorContext): Promise<void> {
  switch (resource.type) {
    case 'file':
      return fileExecutor.apply(resource, context);
    case 'directory':
      return directoryExecutor.apply(resource, context);
    case 'exec':
      return execExecutor.apply(resource, context);
  }
}
