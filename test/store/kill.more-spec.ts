import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileKeyStore } from '../../src/key-management/store/file/file-key-store';
import { startTsChild } from '../support/start-ts-child';

const ROUNDS = 20;
/** The kill comes at one of these. */
const CHANGES = 1_000;
/** As many as the child would write: it is killed long before, however late the kill comes on a busy machine. */
const MOST_CHANGES = 100 * CHANGES;

describe('the file store of a process that is killed in the middle of its writes', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'akm-kill-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    'has every acknowledged change, round %i',
    async (round) => {
      const path = join(folder, `${round}`);
      const child = startTsChild('test/store/writer.child.ts', [path, `${MOST_CHANGES}`]);
      const acknowledged: number[] = [];
      const killAfter = Math.floor(((round + 0.5) * CHANGES) / (ROUNDS + 1));
      for await (const line of child.lines) {
        acknowledged.push(Number(line));
        if (acknowledged.length === killAfter) child.process.kill('SIGKILL');
      }
      expect(await child.ended).toEqual({ code: null, stderr: '' });
      expect(acknowledged.length).toBeLessThan(MOST_CHANGES);

      const reports: string[] = [];
      const store = new FileKeyStore({ path, report: (message) => reports.push(message) });
      await store.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
      const documents = new Map((await store.load('keys/')).map((document) => [document.doc, document]));
      await store.close();

      expect(reports).toEqual([]);
      const missing = acknowledged.filter(
        (n) => documents.get(`keys/openai/${n}`)?.registers['status']?.version !== n + 1,
      );
      expect(missing).toEqual([]);
      const written = documents.size - 1;
      expect(documents.get('keys/latest')?.sums['changes']).toBe(written);
      expect(documents.get('keys/latest')?.registers['status']?.version).toBe(written);
    },
    120_000,
  );
});
