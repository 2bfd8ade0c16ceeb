export { SettingsError, type SettingsErrorCode } from './errors.js';
export { type PlaceField, type Places, placesIn, type TlsPlaces } from './places.js';
export { parseSettings, readSettings } from './read.js';
export { adoptSettings, type SettingsChange } from './reload.js';
export type { Settings } from './schema.js';
export type { SecretOpener, WrittenSettings } from './written-settings.js';
