import { writeSync } from 'node:fs';
import { FileKeyStore } from '../../src/key-management/store/file/file-key-store';

/** Writes status changes to the file store in the folder given, and prints the number of each that was acknowledged. */
async function main(path: string, count: number): Promise<void> {
  const store = new FileKeyStore({ path });
  await store.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
  for (let n = 0; n < count; n++) {
    const register = { value: { status: 'invalid_key', n }, version: n + 1, tie: 'child' };
    const doc = `keys/openai/${n}`;
    await store.write([
      { kind: 'set', doc, field: 'status', register },
      { kind: 'set', doc: 'keys/latest', field: 'status', register },
      { kind: 'add', doc: 'keys/latest', field: 'changes', by: 1 },
    ]);
    writeSync(1, `${n}\n`);
  }
  await store.close();
}

void main(process.argv[2]!, Number(process.argv[3]));
