import { RecordingWatcher, set } from '../../src/key-management/store/contract/contract-support';
import { PostgresKeyStore } from '../../src/key-management/postgres';
import { describeWithPostgres, PostgresServer } from '../support/postgres-server';
import { startTsChild } from '../support/start-ts-child';

const NAMES = ['a', 'b', 'c'];
/** The kill of each comes at another one. */
const KILLED_AFTER = [40, 90, 150];

describeWithPostgres('processes that write to one Postgres and are killed in the middle', () => {
  let server: PostgresServer;
  beforeAll(async () => (server = await PostgresServer.start()));
  afterAll(() => server.stop());

  it('leave every acknowledged batch, each one whole and counted once, and hold up nobody', async () => {
    const acknowledged = NAMES.map(() => new Set<number>());
    const store = new PostgresKeyStore({ url: server.url });
    await store.open(new RecordingWatcher());
    const children = NAMES.map((name, i) => {
      const child = startTsChild('test/store/postgres-writer.child.ts', [server.url, name]);
      child.lines.on('line', (line) => {
        const seen = acknowledged[i]!.add(Number(line));
        // The first is only stopped: what it holds, it holds on.
        if (seen.size === KILLED_AFTER[i]) child.process.kill(i === 0 ? 'SIGSTOP' : 'SIGKILL');
      });
      return child;
    });
    await Promise.all(children.slice(1).map(({ ended }) => ended));
    await store.write([set('after', 'f', 1)]);
    expect(await store.lock('job', 'me', 1_000)).toBe(true);
    children[0]!.process.kill('SIGKILL');
    await children[0]!.ended;

    const documents = new Map((await store.load('')).map((document) => [document.doc, document]));
    const sums = documents.get('counts')!.sums;
    for (const [i, name] of NAMES.entries()) {
      const written = [...documents.keys()].filter((doc) => doc.startsWith(`keys/${name}/`));
      const missing = [...acknowledged[i]!].filter((number) => !documents.has(`keys/${name}/${number}`));
      expect(missing).toEqual([]);
      expect(sums[name]).toBe(written.length);
    }
    expect(sums['all']).toBe(NAMES.reduce((sum, name) => sum + sums[name]!, 0));
    await store.close();
  });
});
