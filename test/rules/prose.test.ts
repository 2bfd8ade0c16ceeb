import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { filesBelow, root } from './source-graph.js';

/** What is left for later, in the words in which it is usually left. */
const UNFINISHED = /\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b|\b(not|isn't|aren't) (yet )?implemented\b|\bto be done\b/;

const sources = ['lib', 'bin', 'wasm', 'proto', 'bench', 'demo', 'tools']
  .flatMap((folder) => filesBelow(folder, '.ts', '.mjs', '.proto', '.json'))
  .filter((file) => !file.startsWith('lib/gen/'));
const documents = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...filesBelow('docs', '.md')];

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

t.test('nothing is left for later', async (t) => {
  t.ok(sources.length > 100);
  const found = [...sources, ...documents].flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, i) => (UNFINISHED.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
  t.same(found, []);
});

t.test('every relative link of a document leads somewhere', async (t) => {
  const dead = documents.flatMap((file) =>
    linksOf(read(file)).flatMap((link) => {
      const [path = '', heading] = link.split('#');
      const target = path === '' ? file : join(dirname(file), decodeURIComponent(path));
      if (!existsSync(join(root, target))) return [`${file}: ${link}`];
      return heading === undefined || headingsOf(read(target)).includes(heading) ? [] : [`${file}: ${link}`];
    }),
  );
  t.same(dead, []);
});

t.test('every document of docs/ is reached from another one', async (t) => {
  const reached = documents.flatMap((file) =>
    linksOf(read(file)).map((link) => join(dirname(file), link.replace(/#.*/, ''))),
  );
  t.same(
    documents.filter((file) => file.startsWith('docs/') && !reached.includes(file)),
    [],
  );
});

t.test('links and headings are found', async (t) => {
  t.same(linksOf('[a](b.md#c) ![d](<e f.png>) [g](https://h) `[i](j)`\n[k]: l.md\n```\n[m](n)\n```'), [
    'b.md#c',
    'e f.png',
    'l.md',
  ]);
  t.same(headingsOf("# A b\n```\n# c\n```\n## What's `x`, y?\n## A b"), ['a-b', 'whats-x-y', 'a-b-1']);
});

/** The links of a Markdown text that stay within the project. */
function linksOf(markdown: string): string[] {
  const prose = withoutCode(markdown).replaceAll(/`[^`\n]*`/g, '');
  const inline = [...prose.matchAll(/\]\((?:<([^>]+)>|([^)\s]+))/g)].map(([, spaced, plain]) => spaced ?? plain ?? '');
  const defined = [...prose.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)].map(([, link = '']) => link);
  return [...inline, ...defined].filter((link) => !/^[a-z]+:/.test(link));
}

/** The anchors of its headings, as GitHub makes them. */
function headingsOf(markdown: string): string[] {
  const seen = new Map<string, number>();
  return [...withoutCode(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '');
}
