// The pages that the repository's readers see, and their parts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const FENCE = /^```(\S*)[^\S\n]*\n([\s\S]*?)^```[^\S\n]*$/gm;
const FILE_NAME = /^\/\/ ([\w./-]+\.ts)\s*\n/;
const HEADING = /^#{1,6} (.+)$/gm;
/** `[text](target)` and `![text](target)`, without a title. */
const LINK = /\]\(([^()\s]+)\)/g;

/** Pages whose samples are compiled and run: README.md and the guides. Paths from the root. */
export const guidePages = () => ['README.md', ...pagesIn('docs')];

/** Pages whose links are checked, too. Decisions are text alone. */
export const linkedPages = () =>
  [
    ...guidePages(),
    ...(existsSync('docs/decisions') ? pagesIn('docs/decisions') : []),
    'SECURITY.md',
    'CHANGELOG.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
  ].filter((page) => existsSync(page));

const pagesIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${folder}/${name}`);

export const read = (page) => readFileSync(page, 'utf8');

/** The fenced blocks of a page: language, code, and the number of the code's first line. */
export function blocksOf(page) {
  const text = read(page);
  return [...text.matchAll(FENCE)].map((match, index) => {
    const [, language, code] = match;
    const line = text.slice(0, match.index).split('\n').length + 1;
    return { page, language, code, line, file: FILE_NAME.exec(code)?.[1] ?? `example-${index + 1}.ts` };
  });
}

/** Without fenced blocks, line by line as it was. */
const prose = (text) => text.replace(FENCE, (block) => block.replace(/[^\n]/g, ''));

/** The anchors of a page as GitHub makes them of its headings. */
export function anchorsOf(page) {
  const seen = new Map();
  return [...prose(read(page)).matchAll(HEADING)].map(([, heading]) => {
    const slug = heading
      .trim()
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/** Every link of a page: its line, its target as written, and for one inside the repository the file and the anchor. */
export function linksOf(page, repository) {
  const lines = prose(read(page)).split('\n');
  return lines.flatMap((text, index) =>
    [...text.replace(/`[^`]*`/g, '').matchAll(LINK)].map(([, target]) => ({
      line: index + 1,
      target,
      ...placeOf(page, target, repository),
    })),
  );
}

/** Links to the repository's own files by their whole address are looked for like relative ones. */
function placeOf(page, target, repository) {
  const isOwn = repository !== undefined && target.startsWith(`${repository}/`);
  const own = isOwn ? /^\/(?:blob|tree|raw)\/[^/]+(\/.*)$/.exec(target.slice(repository.length)) : null;
  const path = own?.[1] ?? target;
  if (/^[a-z][a-z+.-]*:/i.test(path)) return {};
  const [file = '', anchor] = path.split('#');
  const place = file === '' ? page : file.startsWith('/') ? file.slice(1) : join(dirname(page), file);
  return { file: normalize(decodeURIComponent(place)), anchor };
}
