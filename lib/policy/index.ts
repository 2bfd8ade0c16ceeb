export { actionsOf, type ResourceAction, type ResourceGuard } from './body/actions.js';
export {
  type CrateBody,
  encodeBody,
  hashBody,
  type PolicyBody,
  parseBody,
  refsOf,
  refsOfResource,
  watchersOf,
} from './body/body.js';
export { type SecretVersions, WatchMarks } from './body/watch-marks.js';
export {
  checkSecrets,
  refPlaces,
  refsOfRule,
  type SecretSource,
  type SecretsCheck,
  type SecretUse,
  useOf,
} from './check-secrets.js';
export { Bodies, type Body } from './compose/bodies.js';
export { type ResolvedBody, type SecretValues, substitute, substituteResource } from './compose/substitute.js';
export type { RefUse } from './compose/template.js';
export type { PolicyProblem, Position } from './errors.js';
export { PolicyError, type PolicyErrorCode } from './errors.js';
export { formatPosition, throwIfAny } from './problems.js';
export type { Crate } from './source/crate.js';
export { type EnvoyRule, matchRule } from './source/envoy-rules.js';
export type { Stacks } from './source/parsed-stacks.js';
export { type Examination, examineStacks, parseStacks, type StacksOptions } from './source/stacks.js';
export { loadTree, readStacksTree, type StacksTree, storeTree, treeDigest } from './source/stacks-tree.js';
export type { Scalar, VarValue } from './source/var-value.js';
export type { DirectoryResource, ResolvedDirectory } from './types/directory.js';
export type { ExecResource, ResolvedExec } from './types/exec.js';
export type { FileResource, ResolvedFile } from './types/file.js';
export type { Command } from './types/grammar.js';
export { type ResolvedResource, type Resource, type ResourceTypeName, resourceTypeNames } from './types/registry.js';
