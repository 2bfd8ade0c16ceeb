export { actionsOf, type ResourceAction, type ResourceGuard } from './actions.js';
export { Bodies, type Body } from './bodies.js';
export {
  type CrateBody,
  encodeBody,
  hashBody,
  type PolicyBody,
  parseBody,
  refsOf,
  refsOfResource,
  watchersOf,
} from './body.js';
export {
  checkSecrets,
  refPlaces,
  refsOfRule,
  type SecretSource,
  type SecretsCheck,
  type SecretUse,
  useOf,
} from './check-secrets.js';
export type { Crate } from './crate.js';
export { type EnvoyRule, matchRule } from './envoy-rules.js';
export { PolicyError, type PolicyErrorCode } from './errors.js';
export { formatPosition, type PolicyProblem, type Position, throwIfAny } from './problems.js';
export { type Examination, examineStacks, parseStacks, type Stacks, type StacksOptions } from './stacks.js';
export { loadTree, readStacksTree, type StacksTree, storeTree, treeDigest } from './stacks-tree.js';
export { type ResolvedBody, type SecretValues, substitute, substituteResource } from './substitute.js';
export type { RefUse } from './template.js';
export type { DirectoryResource, ResolvedDirectory } from './types/directory.js';
export type { ExecResource, ResolvedExec } from './types/exec.js';
export type { FileResource, ResolvedFile } from './types/file.js';
export type { Command } from './types/grammar.js';
export type { ResolvedResource, Resource, ResourceTypeName } from './types/registry.js';
export type { Scalar, VarValue } from './var-value.js';
export { type SecretVersions, WatchMarks } from './watch-marks.js';
