import { build } from 'esbuild';
import t from 'tap';

t.test('an agent that imports the room does not load the YAML library', async (t) => {
  const { metafile } = await build({
    entryPoints: ['lib/policy/index.ts'],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  const importers = Object.entries(metafile.inputs).filter(([, { imports }]) =>
    imports.some(({ path }) => path === 'yaml'),
  );
  t.same(
    importers.map(([path]) => path),
    ['lib/policy/source/yaml-source.ts'],
  );
  const loaders = Object.values(metafile.inputs).flatMap(({ imports }) => imports);
  const kinds = loaders.filter(({ path }) => path === 'lib/policy/source/yaml-source.ts').map(({ kind }) => kind);
  t.same(kinds, ['dynamic-import']);
});
