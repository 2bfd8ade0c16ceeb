import t from 'tap';
import { FilesError, filesError } from '../../lib/files/errors.js';

function systemError(code: string): Error {
  return Object.assign(new Error('secret detail'), { code });
}

t.test('system errors become codes with the path in the message', (t) => {
  for (const [errno, code, kind] of [
    ['ENOSPC', 'no_space', 'exhausted'],
    ['EDQUOT', 'no_space', 'exhausted'],
    ['EROFS', 'read_only', 'precondition'],
    ['EACCES', 'no_permission', 'denied'],
    ['EPERM', 'no_permission', 'denied'],
    ['ENOENT', 'not_found', 'not_found'],
    ['EEXIST', 'exists', 'conflict'],
    ['EIO', 'io', 'unavailable'],
  ] as const) {
    const error = filesError('write', '/srv/a', systemError(errno));
    t.match(error, { code, kind, path: '/srv/a' });
    t.ok(error.message.includes('/srv/a'));
    t.notOk(error.message.includes('secret detail'), 'the cause stays private');
  }
  t.end();
});

t.test('a FilesError stays what it is', (t) => {
  const inner = new FilesError('too_large', '/srv/a', '/srv/a is too large');
  t.equal(filesError('read', '/srv/b', inner), inner);
  t.end();
});
