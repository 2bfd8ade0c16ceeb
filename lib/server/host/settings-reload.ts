import type { HomePaths } from '../../base/index.js';
import { adoptSettings, parseSettings, readSettings, type SecretOpener, type Settings } from '../../settings/index.js';
import type { Store } from '../../store/index.js';
import { type EventLog, faultFields } from './log.js';

export interface SettingsReloadContext {
  readonly paths: HomePaths;
  /** `server.yaml` somewhere else. */
  readonly settingsFile: string | undefined;
  readonly secrets: SecretOpener;
  readonly store: Pick<Store, 'appendAudit'>;
  readonly actor: string;
  readonly log: EventLog;
  /** Hears of the settings that count from now on. */
  readonly onChange: (settings: Settings) => void;
}

/** The settings of a server that runs. Those that can change, change when it is told to read them again. */
export class SettingsReload {
  readonly #context: SettingsReloadContext;
  /** One object for all that reads it, replaced field by field. */
  readonly #inUse: Settings;
  #turn: Promise<void> = Promise.resolve();

  constructor(settings: Settings, context: SettingsReloadContext) {
    this.#inUse = { ...settings };
    this.#context = context;
    context.onChange(this.#inUse);
  }

  /** As they are now: keep the object and read its fields when they are needed. */
  get settings(): Settings {
    return this.#inUse;
  }

  /** Reads the settings again. Never rejects: where they are wrong, the log says so and the earlier ones stay. */
  reload(): Promise<void> {
    const { log } = this.#context;
    this.#turn = this.#turn
      .then(() => this.#reload())
      .catch((error) => {
        const fields = { event: 'settings.rejected', ...faultFields(error) };
        log.error(fields, 'the settings were not reloaded; the server goes on with those it has');
      });
    return this.#turn;
  }

  async #reload(): Promise<void> {
    const { paths, settingsFile, secrets, store, actor, onChange, log } = this.#context;
    const written = (await readSettings(paths, settingsFile)) ?? (await parseSettings('', paths.settings));
    const { settings, change } = adoptSettings(this.#inUse, await written.resolve(paths, secrets));
    const detail = { applied: [...change.applied], needs_restart: [...change.needsRestart] };
    if (change.applied.length > 0) {
      const subject = settingsFile ?? paths.settings;
      await store.appendAudit({ action: 'settings.reloaded', actor, subject, outcome: 'done', detail });
      Object.assign(this.#inUse, settings);
      onChange(this.#inUse);
    } else log.info({ event: 'settings.unchanged', detail }, 'nothing changed that applies without a restart');
    if (change.needsRestart.length > 0) {
      const words = `restart the server for ${change.needsRestart.join(', ')}`;
      log.warn({ event: 'settings.restart_needed', detail }, words);
    }
  }
}
