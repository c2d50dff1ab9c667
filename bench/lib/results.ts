import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { markdown, type Report } from './report';

/** The compiled benchmarks lie in .build/bench/lib. */
export const ROOT = resolve(__dirname, '../../..');
const FOLDER = join(ROOT, 'bench/results');

interface Kept {
  readonly takenAt: string;
  readonly machine: string;
  readonly report: Report;
}

const machine = (): string => `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;

/** The latest results of each benchmark, since one run may cover a single benchmark. */
async function kept(): Promise<Record<string, Kept>> {
  try {
    return JSON.parse(await readFile(join(FOLDER, 'latest.json'), 'utf8')) as Record<string, Kept>;
  } catch {
    return {};
  }
}

export async function keep(name: string, report: Report, order: readonly string[]): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const all = { ...(await kept()), [name]: { takenAt: new Date().toISOString(), machine: machine(), report } };
  const sorted = order.flatMap((each) => (all[each] ? [[each, all[each]] as const] : []));
  await writeFile(join(FOLDER, 'latest.json'), `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
  const pages = sorted.map(([each, { takenAt, machine: where, report: found }]) =>
    markdown(each, found).replace('\n', `\n\n\`npm run bench -- ${each}\`, ${takenAt.slice(0, 10)}, ${where}\n`),
  );
  await writeFile(join(FOLDER, 'latest.md'), `${pages.join('\n\n')}\n`);
}
