import { isShell, scripts } from '../completion/scripts.js';
import type { Command } from '../console/command.js';
import { CliError } from '../errors.js';

export const command: Command = {
  usage: 'completion <bash|zsh|fish>',
  summary: 'Print what makes a shell complete commands, options, and names while the vault is unlocked',
  examples: [
    'completion bash >> ~/.bashrc',
    'completion zsh > ~/.zfunc/_vigocli',
    'completion fish > ~/.config/fish/completions/vigocli.fish',
  ],
  async run({ verbatim }, [shell = '']) {
    if (!isShell(shell)) {
      const hint = `vigocli completion ${Object.keys(scripts).join(' | ')}`;
      throw new CliError('usage', `there is no completion for ${JSON.stringify(shell)}`, { hint });
    }
    verbatim(scripts[shell]);
  },
};
