import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toHex } from '../../lib/base/index.js';
import { type Ed25519Signer, loadEd25519 } from '../../lib/crypto/index.js';
import { SIGNATURE_BYTES } from '../../lib/wire/signed/signed-request.js';
import { Resident } from '../../test/system/resident.js';
import { framed } from './connection.js';

/** The bare server, as a process of its own. */
export class Echo {
  readonly resident: Resident;
  readonly #signer: Ed25519Signer;
  port = 0;
  url = '';

  private constructor(resident: Resident, signer: Ed25519Signer) {
    this.resident = resident;
    this.#signer = signer;
  }

  /** @param home of the vigosrv whose certificates it shows and trusts */
  static async start(home: string, nodeOptions: string): Promise<Echo> {
    const signer = (await loadEd25519()).generateSigner();
    const program = fileURLToPath(new URL('rpc-echo-server.mjs', import.meta.url));
    const args = ['--tls-min-v1.3', program, join(home, 'tls'), toHex(signer.publicKey)];
    const child = spawn(process.execPath, args, { env: { NODE_OPTIONS: nodeOptions }, stdio: 'pipe' });
    const echo = new Echo(new Resident(child), signer);
    const [, grpc = '', https = ''] = await echo.resident.says(/^ports ([0-9]+) ([0-9]+)\n/m);
    echo.port = Number(grpc);
    echo.url = `https://localhost:${https}`;
    return echo;
  }

  /** A request and the answer that it asks for, as long as others without the frame around them. */
  request(requestBytes: number, answerBytes: number): Buffer {
    const message = Buffer.alloc(requestBytes - SIGNATURE_BYTES, 1);
    message.writeUInt32BE(answerBytes);
    return framed(Buffer.concat([this.#signer.sign(message), message]));
  }
}
