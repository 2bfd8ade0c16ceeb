import { wipe } from '../../crypto/index.js';
import { CliError } from '../errors.js';

const MAX_BYTES = 64 * 1024;
/** So soon after an Escape comes what belongs to it; what a person types behind that key comes later. */
const SAME_KEY_MS = 50;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const TAB = 0x09;
const BLANK = 0x20;
const CTRL_C = 0x03;
const CTRL_D = 0x04;
const CTRL_U = 0x15;
const CTRL_W = 0x17;
const CTRL_H = 0x08;
const DELETE = 0x7f;
const ESCAPE = 0x1b;
const BRACKET = 0x5b;
const LETTER_O = 0x4f;

const PASTE_START = '200~';
const PASTE_END = [ESCAPE, BRACKET, 0x32, 0x30, 0x31, 0x7e];

/** What the terminal is sent so that it says where a paste begins and ends. */
export const MARK_PASTES = '\x1b[?2004h';
export const MARK_NO_PASTES = '\x1b[?2004l';

type State = 'text' | 'escape' | 'sequence' | 'one more' | 'paste';

/**
 * A line that is typed or pasted at a prompt, byte for byte. Keys edit it (backspace, Ctrl-W, Ctrl-U) or do nothing (arrows,
 * function keys, Alt, Ctrl). A Tab is text, because a paste that the terminal doesn't mark may hold one. Holds secrets: wipe it.
 */
export class LineEditor {
  readonly #bytes = new Uint8Array(MAX_BYTES);
  readonly #lines: boolean;
  #length = 0;
  #state: State = 'text';
  #sequence = '';
  #escapeMs = 0;
  #pasteStart = 0;

  /** @param lines whether a paste may hold several lines */
  constructor({ lines }: { lines: boolean }) {
    this.#lines = lines;
  }

  /**
   * @returns whether Enter was pressed
   * @throws CliError `cancelled` on Ctrl-C and Ctrl-D; `too_large`; `too_many_lines`
   */
  take(byte: number, nowMs: number): boolean {
    switch (this.#state) {
      case 'text':
        return this.#key(byte, nowMs);
      case 'escape':
        return this.#afterEscape(byte, nowMs);
      case 'sequence':
        this.#inSequence(byte);
        return false;
      case 'one more':
        this.#state = 'text';
        return false;
      case 'paste':
        this.#paste(byte);
        return false;
    }
  }

  /** A copy, which the caller wipes. */
  value(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  wipe(): void {
    wipe(this.#bytes);
  }

  #key(byte: number, nowMs: number): boolean {
    switch (byte) {
      case LINE_FEED:
      case CARRIAGE_RETURN:
        return true;
      case CTRL_C:
      case CTRL_D:
        throw cancelled();
      case CTRL_U:
        this.#length = 0;
        return false;
      case CTRL_W:
        this.#removeWord();
        return false;
      case CTRL_H:
      case DELETE:
        this.#removeCharacter();
        return false;
      case ESCAPE:
        this.#state = 'escape';
        this.#escapeMs = nowMs;
        return false;
      default:
        if (byte >= BLANK || byte === TAB) this.#add(byte);
        return false;
    }
  }

  #afterEscape(byte: number, nowMs: number): boolean {
    this.#state = 'text';
    if (byte === BRACKET) {
      this.#state = 'sequence';
      this.#sequence = '';
      return false;
    }
    // The Escape key by itself: what follows is typed. So is a control character, Enter above all.
    if (nowMs - this.#escapeMs > SAME_KEY_MS || byte < BLANK) return this.#key(byte, nowMs);
    if (byte === LETTER_O) this.#state = 'one more';
    else if (byte === DELETE) this.#removeWord();
    return false; // Alt and a key
  }

  /** Parameters, and a last byte from `@` to `~` (ECMA-48, 5.4). */
  #inSequence(byte: number): void {
    if (byte < BLANK) {
      this.#state = 'text'; // no sequence after all
      return;
    }
    if (byte === BRACKET && this.#sequence === '') {
      this.#state = 'one more'; // a function key of the Linux console
      return;
    }
    this.#sequence += String.fromCharCode(byte);
    if (byte < 0x40 || byte > 0x7e) return;
    const startsPaste = this.#sequence === PASTE_START;
    this.#state = startsPaste ? 'paste' : 'text';
    this.#pasteStart = this.#length;
  }

  /** Everything up to the mark of the end, whatever it is: line ends come as CR, LF or both, and are kept as LF. */
  #paste(byte: number): void {
    const at = this.#length - 1;
    if (byte === LINE_FEED && this.#bytes[at] === CARRIAGE_RETURN && at >= this.#pasteStart) return;
    this.#add(byte);
    const start = this.#length - PASTE_END.length;
    if (start < this.#pasteStart || !PASTE_END.every((byte, i) => this.#bytes[start + i] === byte)) return;
    this.#length = start;
    this.#state = 'text';
    const pasted = this.#bytes.subarray(this.#pasteStart, start);
    for (const [i, one] of pasted.entries()) if (one === CARRIAGE_RETURN) pasted[i] = LINE_FEED;
    const firstEnd = pasted.indexOf(LINE_FEED);
    if (firstEnd === -1) return;
    // A line that was copied with its end is that line.
    if (firstEnd === pasted.length - 1) this.#length--;
    else if (!this.#lines) throw tooManyLines();
  }

  #add(byte: number): void {
    if (this.#length === MAX_BYTES) {
      throw new CliError('too_large', `more than ${MAX_BYTES} bytes were typed; nothing was changed`);
    }
    this.#bytes[this.#length++] = byte;
  }

  /** A character of UTF-8 has one byte that is no continuation. */
  #removeCharacter(): void {
    while (this.#length > 0) {
      this.#length--;
      if (((this.#bytes[this.#length] as number) & 0xc0) !== 0x80) return;
    }
  }

  #removeWord(): void {
    while (this.#endsInBlank()) this.#length--;
    while (this.#length > 0 && !this.#endsInBlank()) this.#length--;
  }

  #endsInBlank(): boolean {
    return this.#length > 0 && [BLANK, TAB, LINE_FEED].includes(this.#bytes[this.#length - 1] as number);
  }
}

export function cancelled(): CliError {
  return new CliError('cancelled', 'cancelled; nothing was changed');
}

function tooManyLines(): CliError {
  return new CliError('too_many_lines', 'several lines were pasted where one is asked for; nothing was changed');
}
