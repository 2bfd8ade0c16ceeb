import { BaseError } from '../errors.js';

/** What an operator says about an envoy, by name. The envoy itself has no say in it (D0). */
export type Labels = Readonly<Record<string, string>>;

export const MAX_LABELS = 32;

const NAME = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;
const VALUE = /^[A-Za-z0-9._/:@+-]{1,128}$/;

/**
 * Reads `name=value` texts, each name once.
 * @returns in the order of the names
 * @throws BaseError `bad_label`, also for more than 32
 */
export function parseLabels(texts: readonly string[]): Labels {
  const labels = new Map<string, string>();
  for (const text of texts) {
    const [name = '', ...rest] = text.split('=');
    const value = rest.join('=');
    if (!NAME.test(name) || !VALUE.test(value)) {
      throw new BaseError('bad_label', `${JSON.stringify(text.slice(0, 200))} is not a label`, {
        hint: 'like rack=r1 or site=berlin/2: a name in lower case, and a value of letters, digits and . _ / : @ + -',
      });
    }
    if (labels.has(name)) throw new BaseError('bad_label', `the label ${name} is given twice`);
    labels.set(name, value);
  }
  if (labels.size > MAX_LABELS) throw new BaseError('bad_label', `more than ${MAX_LABELS} labels`);
  return Object.fromEntries([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `name=value` of each, as they are typed. */
export function formatLabels(labels: Labels): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}
