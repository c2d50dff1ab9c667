import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { FirebaseKeyStore } from '../../src/key-management/store/firebase/firebase-key-store';
import type { StoreChange } from '../../src/key-management/store/port/key-store';

/**
 * One instance on a Firebase store. Arguments: URL, name, number of additions, number of status changes, and of those that
 * the others will make.
 * Prints `ready`; on a line of input writes everything, half of it repeated under its id until it passes; prints `done`; on the
 * next line prints as JSON the sum that is stored, how many of the others' documents it knows without having asked for them at the end,
 * and how long each of their changes took to arrive.
 */
async function main([url = '', name = '', additions = '0', statuses = '0', expected = '0']: string[]): Promise<void> {
  const input = createInterface({ input: process.stdin });
  const store = new FirebaseKeyStore({ url, timeoutMs: 5_000 });
  const delays: number[] = [];
  const theirs = new Set<string>();
  const notice = (doc: string): void => {
    if (!doc.startsWith(`keys/${name}/`) && doc !== 'keys/shared') theirs.add(doc);
  };
  let loading: Promise<void> = Promise.resolve();
  const load = async (): Promise<void> => {
    for (const { doc } of await store.load('keys/')) notice(doc);
  };
  await store.open({
    changed: (changes) => {
      for (const change of changes) {
        notice(change.doc);
        if (change.kind === 'set') delays.push(Date.now() - Number(change.register.value));
      }
    },
    reset: () => {
      loading = loading.then(load).catch(() => undefined);
    },
    connection: () => undefined,
  });
  console.log('ready');
  await once(input, 'line');

  const persist = async (changes: StoreChange[], id: string): Promise<void> => {
    for (;;) {
      try {
        return await store.write(changes, id);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  const adding = Array.from({ length: Number(additions) }, (_, i) =>
    persist([{ kind: 'add', doc: 'keys/shared', field: 'calls', by: 1 }], `${name}:${i}`),
  );
  for (let i = 0; i < Number(statuses); i++) {
    const register = { value: Date.now(), version: i + 1, tie: name };
    await persist([{ kind: 'set', doc: `keys/${name}/${i}`, field: 'status', register }], `${name}:s${i}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(adding);
  console.log('done');
  await once(input, 'line');
  // A connection that broke on a busy machine is reported, and made good by a load, only when the next connection stands.
  const deadline = Date.now() + 20_000;
  do {
    await loading;
    await new Promise((resolve) => setTimeout(resolve, 20));
  } while (theirs.size < Number(expected) && Date.now() < deadline);
  // Not of `keys/`: a load of those would hide what was not delivered.
  const stored = (await store.load('keys/shared'))[0]?.sums.calls;
  console.log(JSON.stringify({ stored, known: theirs.size, delays }));
  await store.close();
  input.close();
}

void main(process.argv.slice(2));
