import { parseHostName } from '../../../base/index.js';
import type { Command } from '../../console/command.js';
import { fromCommandLine } from '../../console/from-command-line.js';

export const command: Command = {
  usage: 'envoys rename <envoy> <host-name>',
  summary: 'Give an envoy another host name, and with it what follows from the name',
  examples: ['envoys rename web-1 web-2'],
  async run({ api, note }, [name = '', to = '']) {
    const hostName = fromCommandLine(() => parseHostName(to));
    await (await api()).post(`/envoys/${encodeURIComponent(name)}/rename`, { host_name: hostName });
    note(`${name} is ${hostName} from now on`);
  },
};
