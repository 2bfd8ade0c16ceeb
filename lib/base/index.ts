export { ByteReader, u8, u16, u32, u64 } from './bytes/byte-reader.js';
export {
  byteCount,
  copyBytes,
  fillBytes,
  isBytes,
  isGone,
  isShared,
  mayOverlap,
  plainView,
} from './bytes/byte-view.js';
export { concatBytes, equalBytes, fromBase64Url, fromHex, fromUtf8, toBase64Url, toHex, utf8 } from './bytes/bytes.js';
export { type CanonicalField, CanonicalFields, decodeCanonical, encodeCanonical } from './bytes/canonical.js';
export { canonicalJson, type Json, parseCanonicalJson } from './bytes/canonical-json.js';
export { keyFromBase64Url, keyToBase64Url } from './bytes/key-base64.js';
export { splitPem } from './bytes/pem.js';
export { privateKeyPem, readPrivateKeyPem } from './bytes/private-key-pem.js';
export { type Claim, type ClaimJson, claimFromJson, claimOf, claimToJson, describeClaim } from './claim.js';
export { type Clock, type SteadyClock, systemClock } from './clock.js';
export { type Defect, defectHint, describeDefect, formatDefect } from './defect.js';
export {
  BaseError,
  type BaseErrorCode,
  type ErrorDetails,
  type ErrorKind,
  errorTable,
  VigoError,
} from './errors.js';
export { DEFAULT_HOME, type HomePaths, homePaths } from './home.js';
export { Secret } from './secret.js';
export { nearest } from './text/nearest.js';
export { printable } from './text/printable.js';
export { MIN_REDACTED_BYTES, makeRedactor, type Redactor } from './text/redact.js';
export { shellWord } from './text/shell-word.js';
export { unitCommand, unitWord } from './text/unit-word.js';
export { tlsOptions } from './tls-options.js';
export { formatHostPort, type HostPort, parseHostPort } from './values/address.js';
export { BACKDATE_MS, lifetimeOf } from './values/certificate-time.js';
export { formatDuration, parseDurationMs } from './values/duration.js';
export { globsOverlap, type HostGlob, type KeyGlob, matchesGlob, parseHostGlob, parseKeyGlob } from './values/glob.js';
export { isKeyName, isReservedKey, type KeyName, MARKER_END, MARKER_START, parseKeyName } from './values/key-name.js';
export { formatLabels, type Labels, MAX_LABELS, parseLabels } from './values/labels.js';
export { type EnvoyId, type HostName, isEnvoyId, parseEnvoyId, parseHostName, uuidFrom } from './values/names.js';
export { demandNewPassphrase, PASSPHRASE_RULE } from './values/passphrase.js';
