import type { AttributeValue } from './attribute.js';
import { type DirectoryResource, directoryType, type ResolvedDirectory } from './directory.js';
import { type ExecResource, execType, type ResolvedExec } from './exec.js';
import { type FileResource, fileType, type ResolvedFile } from './file.js';
import type { Command } from './grammar.js';
import type { Fill, Report } from './resource-type.js';
import type { CommonAttributes } from './watch-secret.js';

/** A resource as a body declares it: defaults written down, placeholders where secrets go. */
export type Resource = (FileResource | DirectoryResource | ExecResource) & CommonAttributes;

/** A resource as its executor gets it: strict types, secrets filled in. */
export type ResolvedResource = ResolvedFile | ResolvedDirectory | ResolvedExec;

export type ResourceTypeName = Resource['type'];

/** The attributes of a resource that are right by themselves, whatever is wrong with the others. */
export type GivenResource =
  | { readonly type: 'file' | 'directory'; readonly path?: string; readonly ensure?: string }
  | { readonly type: 'exec'; readonly command?: Command; readonly onlyif?: Command; readonly unless?: Command };

const types = { file: fileType, directory: directoryType, exec: execType } as const;

export const resourceTypeNames = Object.keys(types) as readonly ResourceTypeName[];

export function isResourceTypeName(text: string): text is ResourceTypeName {
  return Object.hasOwn(types, text);
}

export function attributesOf(type: ResourceTypeName) {
  return types[type].attributes;
}

export function readResource(
  type: ResourceTypeName,
  name: string,
  values: ReadonlyMap<string, AttributeValue | undefined>,
  report: Report,
): Resource | undefined {
  return types[type].read(name, values, report).declared;
}

/** Does what `readResource` does, and returns also what is known of a resource with a problem. */
export function examineResource(
  type: ResourceTypeName,
  name: string,
  values: ReadonlyMap<string, AttributeValue | undefined>,
  report: Report,
): { resource: Resource | undefined; given: GivenResource } {
  const { declared, given } = types[type].read(name, values, report);
  return { resource: declared, given: { ...given, type } as GivenResource };
}

export function resolveResource(resource: Resource, fill: Fill): ResolvedResource {
  switch (resource.type) {
    case 'file':
      return fileType.resolve(resource, fill);
    case 'directory':
      return directoryType.resolve(resource, fill);
    case 'exec':
      return execType.resolve(resource, fill);
  }
}
