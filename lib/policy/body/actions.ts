import type { Command } from '../types/grammar.js';
import type { GivenResource } from '../types/registry.js';

/** What a resource would do to its machine, in the words of the guard (S5), and the attribute that says so. */
export type ResourceAction = { readonly attribute: string } & (
  | { readonly kind: 'write' | 'remove'; readonly path: string }
  | { readonly kind: 'command'; readonly command: Command }
);

/** Judges actions, at publish on the server. Each finding becomes a problem at the attribute's place. */
export interface ResourceGuard {
  inspect(action: ResourceAction): readonly { readonly message: string; readonly hint?: string | undefined }[];
}

/** What a resource would do, as far as its attributes are known. Holds no secret: neither paths nor commands can. */
export function actionsOf(resource: GivenResource): readonly ResourceAction[] {
  switch (resource.type) {
    case 'file':
    case 'directory':
      if (resource.path === undefined) return [];
      return [{ kind: resource.ensure === 'absent' ? 'remove' : 'write', path: resource.path, attribute: 'path' }];
    case 'exec': {
      const { command, onlyif, unless } = resource;
      return Object.entries({ command, onlyif, unless }).flatMap(([attribute, value]) =>
        value === undefined ? [] : [{ kind: 'command', command: value, attribute }],
      );
    }
  }
}
