import { BaseError } from './errors.js';

/** Which person a program's environment says is behind it. A claim and no proof: root can set both to anything. */
export interface Claim {
  /** `SUDO_USER`: who called sudo. */
  readonly sudoUser?: string;
  /** The user id that logged in, as the kernel keeps it for the session (`/proc/self/loginuid`). */
  readonly loginUid?: number;
}

const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}\$?$/;
/** What the kernel says of a process that no login began. */
const NO_LOGIN = 0xffff_ffff;

/** A claim in JSON; never empty. */
export type ClaimJson = { readonly sudo_user?: string; readonly login_uid?: number };

/**
 * Returns what an environment and the content of `/proc/self/loginuid` claim; undefined where that says no more than the
 * user id of the process. What isn't a name or a number is left out.
 */
export function claimOf(sudoUser: string | undefined, loginUid: string, uid: number | undefined): Claim | undefined {
  const login = /^[0-9]{1,10}$/.test(loginUid.trim()) ? Number(loginUid) : NO_LOGIN;
  const claim = {
    ...(sudoUser !== undefined && USER.test(sudoUser) ? { sudoUser } : {}),
    ...(login < NO_LOGIN && login !== uid ? { loginUid: login } : {}),
  };
  return Object.keys(claim).length === 0 ? undefined : claim;
}

export function claimToJson({ sudoUser, loginUid }: Claim): ClaimJson {
  return {
    ...(sudoUser === undefined ? {} : { sudo_user: sudoUser }),
    ...(loginUid === undefined ? {} : { login_uid: loginUid }),
  };
}

/** @throws BaseError `bad_claim` for anything but what `claimToJson` makes, an empty one included */
export function claimFromJson(value: unknown): Claim {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badClaim();
  const { sudo_user, login_uid, ...strangers } = value as Readonly<Record<string, unknown>>;
  if (Object.keys(strangers).length > 0 || (sudo_user === undefined && login_uid === undefined)) throw badClaim();
  if (sudo_user !== undefined && (typeof sudo_user !== 'string' || !USER.test(sudo_user))) throw badClaim();
  if (login_uid !== undefined && !isUid(login_uid)) throw badClaim();
  return {
    ...(sudo_user === undefined ? {} : { sudoUser: sudo_user }),
    ...(login_uid === undefined ? {} : { loginUid: login_uid as number }),
  };
}

/** In a few words, like `sudo dan, login 1000`. */
export function describeClaim({ sudoUser, loginUid }: Claim): string {
  const words = [
    ...(sudoUser === undefined ? [] : [`sudo ${sudoUser}`]),
    ...(loginUid === undefined ? [] : [`login ${loginUid}`]),
  ];
  return words.join(', ');
}

function isUid(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < NO_LOGIN;
}

function badClaim(): BaseError {
  return new BaseError('bad_claim', 'it is not a user name that sudo was called by, or a user id that logged in');
}
