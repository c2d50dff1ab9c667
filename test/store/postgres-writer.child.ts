import { writeSync } from 'node:fs';
import { PostgresKeyStore } from '../../src/key-management/postgres';

/** Writes status changes to the database given, eight at a time, and prints the number of each that was acknowledged. */
async function main(url: string, name: string): Promise<void> {
  const store = new PostgresKeyStore({ url });
  await store.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
  let n = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      const number = n++;
      const register = { value: { number }, version: 1, tie: name };
      await store.write(
        [
          { kind: 'set', doc: `keys/${name}/${number}`, field: 'status', register },
          { kind: 'add', doc: 'counts', field: name, by: 1 },
          { kind: 'add', doc: 'counts', field: 'all', by: 1 },
        ],
        `${name}:${number}`,
      );
      writeSync(1, `${number}\n`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

void main(process.argv[2]!, process.argv[3]!);
