import { WireError } from '../errors.js';

/** The protocol that this version of Vigo speaks (docs/protocol.md, "Versions"). */
export const PROTOCOL = 2;
/** The oldest one that it still understands. */
export const OLDEST_PROTOCOL = 1;

/** What an agent understands, stated in each check-in under its signature. An offer grants nothing (D0). */
export interface AgentOffer {
  /** The newest protocol that the agent speaks. */
  readonly protocol: number;
  /** The types of resources that it can apply, sorted by name. */
  readonly resourceTypes: readonly string[];
}

/** What an agent of protocol 1 understands. It sends no offer. */
export const FIRST_OFFER: AgentOffer = { protocol: 1, resourceTypes: ['directory', 'exec', 'file'] };

/** Traits are the one part of a check-in in which a server of protocol 1 accepts what it doesn't know. */
const PROTOCOL_TRAIT = 'protocol';
const TYPES_TRAIT = 'resource_types';
const MAX_PROTOCOL = 9999;
const TYPES = /^[a-z][a-z0-9_]{0,39}(?:,[a-z][a-z0-9_]{0,39})*$/;

/** An offer as traits, to be sent with those of the machine. */
export function traitsOfOffer({ protocol, resourceTypes }: AgentOffer): [name: string, value: string][] {
  return [
    [PROTOCOL_TRAIT, String(protocol)],
    [TYPES_TRAIT, resourceTypes.join(',')],
  ];
}

/**
 * Takes the offer out of the traits that came with it.
 * @returns the offer, undefined where an agent of protocol 1 sent none, and the traits of the machine
 * @throws WireError `malformed` for a protocol that isn't a number or is older than `OLDEST_PROTOCOL`, and for a list of
 *   types that isn't sorted
 */
export function splitOffer(traits: ReadonlyMap<string, string>): {
  offer: AgentOffer | undefined;
  traits: ReadonlyMap<string, string>;
} {
  const [protocol, types] = [traits.get(PROTOCOL_TRAIT), traits.get(TYPES_TRAIT)];
  if (protocol === undefined && types === undefined) return { offer: undefined, traits };
  const offer = { protocol: protocolOf(protocol), resourceTypes: typesOf(types) };
  const own = [...traits].filter(([name]) => name !== PROTOCOL_TRAIT && name !== TYPES_TRAIT);
  return { offer, traits: new Map(own) };
}

function protocolOf(text = ''): number {
  const protocol = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : 0;
  if (protocol < OLDEST_PROTOCOL || protocol > MAX_PROTOCOL) {
    throw new WireError('malformed', `the agent's protocol isn't a number from ${OLDEST_PROTOCOL} to ${MAX_PROTOCOL}`);
  }
  return protocol;
}

function typesOf(text = ''): readonly string[] {
  const types = TYPES.test(text) ? text.split(',') : [];
  const isSorted = types.every((type, i) => i === 0 || (types[i - 1] as string) < type);
  if (types.length === 0 || !isSorted)
    throw new WireError('malformed', "the agent's types of resources aren't a sorted list");
  return types;
}
