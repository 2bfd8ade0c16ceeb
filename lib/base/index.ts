export { formatHostPort, type HostPort, parseHostPort } from './address.js';
export { ByteReader, u8, u16, u32, u64 } from './byte-reader.js';
export { byteCount, copyBytes, fillBytes, isBytes, isGone, isShared, mayOverlap, plainView } from './byte-view.js';
export { concatBytes, equalBytes, fromBase64Url, fromHex, fromUtf8, toBase64Url, toHex, utf8 } from './bytes.js';
export { type CanonicalField, CanonicalFields, decodeCanonical, encodeCanonical } from './canonical.js';
export { canonicalJson, type Json, parseCanonicalJson } from './canonical-json.js';
export { BACKDATE_MS, lifetimeOf } from './certificate-time.js';
export { type Claim, type ClaimJson, claimFromJson, claimOf, claimToJson, describeClaim } from './claim.js';
export { type Clock, type SteadyClock, systemClock } from './clock.js';
export { type Defect, defectHint, describeDefect, formatDefect } from './defect.js';
export { formatDuration, parseDurationMs } from './duration.js';
export {
  BaseError,
  type BaseErrorCode,
  type ErrorDetails,
  type ErrorKind,
  errorTable,
  VigoError,
} from './errors.js';
export { globsOverlap, type HostGlob, type KeyGlob, matchesGlob, parseHostGlob, parseKeyGlob } from './glob.js';
export { DEFAULT_HOME, type HomePaths, homePaths } from './home.js';
export { keyFromBase64Url, keyToBase64Url } from './key-base64.js';
export { isKeyName, isReservedKey, type KeyName, MARKER_END, MARKER_START, parseKeyName } from './key-name.js';
export { formatLabels, type Labels, MAX_LABELS, parseLabels } from './labels.js';
export { type EnvoyId, type HostName, isEnvoyId, parseEnvoyId, parseHostName, uuidFrom } from './names.js';
export { nearest } from './nearest.js';
export { demandNewPassphrase, PASSPHRASE_RULE } from './passphrase.js';
export { splitPem } from './pem.js';
export { printable } from './printable.js';
export { privateKeyPem, readPrivateKeyPem } from './private-key-pem.js';
export { MIN_REDACTED_BYTES, makeRedactor, type Redactor } from './redact.js';
export { Secret } from './secret.js';
export { shellWord } from './shell-word.js';
export { tlsOptions } from './tls-options.js';
export { unitCommand, unitWord } from './unit-word.js';
