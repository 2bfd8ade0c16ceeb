import { BaseError } from '../errors.js';

declare const globBrand: unique symbol;

/** A pattern over host names: letters, digits, `.`, `-`, with `*` for any run of characters and `?` for one. */
export type HostGlob = string & { readonly [globBrand]: true };

/** @throws BaseError `bad_glob` */
export function parseHostGlob(text: string): HostGlob {
  if (text.length > 253 || !/^[A-Za-z0-9.*?-]+$/.test(text)) {
    throw new BaseError('bad_glob', `${JSON.stringify(text.slice(0, 260))} is not a pattern for host names`, {
      hint: 'like web-*.example.org: * stands for any run of characters, ? for one',
    });
  }
  return text.toLowerCase() as HostGlob;
}

declare const keyGlobBrand: unique symbol;

/** A pattern over key names: their characters, with `*` for any run of characters, slashes too, and `?` for one. */
export type KeyGlob = string & { readonly [keyGlobBrand]: true };

/** @throws BaseError `bad_glob` */
export function parseKeyGlob(text: string): KeyGlob {
  if (text.length > 1024 || !/^[A-Za-z0-9._/*?-]+$/.test(text)) {
    throw new BaseError('bad_glob', `${JSON.stringify(text.slice(0, 260))} is not a pattern for key names`, {
      hint: 'like vigo/*/dsn: * stands for any run of characters, ? for one',
    });
  }
  return text as KeyGlob;
}

/** Whether the whole of `text` fits. Takes time in the product of both lengths at most, whatever the pattern. */
export function matchesGlob(glob: HostGlob | KeyGlob, text: string): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let starText = 0;
  while (t < text.length) {
    if (glob[g] === '*') {
      star = g++;
      starText = t;
    } else if (glob[g] === '?' || glob[g] === text[t]) {
      g++;
      t++;
    } else if (star >= 0) {
      g = star + 1;
      t = ++starText;
    } else {
      return false;
    }
  }
  while (glob[g] === '*') g++;
  return g === glob.length;
}

/** Whether there is a text that fits both patterns. Takes time in the product of both lengths. */
export function globsOverlap(a: KeyGlob, b: KeyGlob): boolean {
  // reach[j]: whether some text fits both what was read of `a` and the first j characters of `b`.
  let reach = Array.from({ length: b.length + 1 }, (_, j) => /^\**$/.test(b.slice(0, j)));
  for (const char of a) {
    const next = [char === '*' && reach[0] === true];
    for (let j = 1; j <= b.length; j++) {
      const other = b[j - 1];
      if (char === '*' || other === '*') next[j] = reach[j] === true || next[j - 1] === true;
      else next[j] = reach[j - 1] === true && (char === other || char === '?' || other === '?');
    }
    reach = next;
  }
  return reach[b.length] === true;
}
