import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyStoreContract } from '../contract/key-store.contract';
import { FileKeyStore } from './file-key-store';

const create = async () => {
  const path = await mkdtemp(join(tmpdir(), 'akm-file-'));
  const again = () => new FileKeyStore({ path });
  return { store: again(), again, cleanup: () => rm(path, { recursive: true }) };
};

describe('FileKeyStore', () => {
  keyStoreContract({ describe, it }, { create }, { shared: false, survivesRestart: true });
});
