// Plays every `ts` and `sh` sample of README.md and docs/ that tools/check-docs.mjs wrote out: `main.ts <folder>`.
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import Module from 'node:module';
import { join, resolve } from 'node:path';
import { affinity } from './players/affinity';
import { alerts } from './players/alerts';
import { usage } from './players/usage';
import { budgets } from './players/budgets';
import { configuration } from './players/configuration';
import { customerKeys } from './players/customer-keys';
import { customVendor } from './players/custom-vendor';
import { errors } from './players/errors';
import { howItWorks } from './players/how-it-works';
import { httpApi } from './players/http-api';
import { inYourApp } from './players/in-your-app';
import { keySources } from './players/key-sources';
import { limits } from './players/limits';
import { readme } from './players/readme';
import { ownStore } from './players/own-store';
import { stores } from './players/stores';
import { testing } from './players/testing';
import { troubleshooting } from './players/troubleshooting';
import { checkPagesAgainstApp, type Block } from './pages-against-app';
import type { Exports, Players } from './sample';
import { Stage } from './stage';

const PLAYERS: Readonly<Record<string, Players>> = {
  'README.md': readme,
  'docs/affinity.md': affinity,
  'docs/alerts.md': alerts,
  'docs/usage.md': usage,
  'docs/budgets.md': budgets,
  'docs/configuration.md': configuration,
  'docs/customer-keys.md': customerKeys,
  'docs/custom-vendor.md': customVendor,
  'docs/errors.md': errors,
  'docs/how-it-works.md': howItWorks,
  'docs/http-api.md': httpApi,
  'docs/in-your-app.md': inYourApp,
  'docs/key-sources.md': keySources,
  'docs/limits.md': limits,
  'docs/own-store.md': ownStore,
  'docs/stores.md': stores,
  'docs/testing.md': testing,
  'docs/troubleshooting.md': troubleshooting,
};

interface Sample {
  readonly page: string;
  readonly line: number;
  readonly path: string;
}

/** Samples import the package by its name, as a user does. */
function resolvePackageToSource(): void {
  const loader = Module as unknown as { _resolveFilename(request: string, ...rest: unknown[]): string };
  const original = loader._resolveFilename.bind(loader);
  const entries: Readonly<Record<string, string>> = {
    'nestjs-ai-key-management': resolve('src/key-management/index.ts'),
    'nestjs-ai-key-management/testing': resolve('src/key-management/testing.ts'),
    'nestjs-ai-key-management/postgres': resolve('src/key-management/postgres.ts'),
  };
  loader._resolveFilename = (request, ...rest) => entries[request] ?? original(request, ...rest);
}

async function play({ page, line, path }: Sample, stage: Stage): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- by the hook of ts-child.cjs, at run time
  const exported = require(resolve(path)) as Exports;
  const players = Object.entries(PLAYERS[page] ?? {}).filter(([name]) => name in exported);
  if (players.length === 0) {
    throw new Error(`Nothing plays this sample: export something, and add a player for it to test/docs/players.`);
  }
  for (const [name, player] of players) {
    try {
      await player(exported, stage);
    } catch (error) {
      throw new Error(`${page}:${line} (${name})`, { cause: error });
    } finally {
      await stage.clear();
    }
  }
}

async function main(folder: string): Promise<void> {
  resolvePackageToSource();
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const samples = read('samples.json') as Sample[];
  const blocks = read('blocks.json') as Block[];
  const stage = await Stage.open();
  try {
    for (const sample of samples) await play(sample, stage);
    await checkPagesAgainstApp(blocks, stage);
  } finally {
    await stage.close();
  }
  console.log(`${samples.length} samples compile and run.`);
}

main(process.argv[2]!).then(
  // Clients of a sample may keep idle connections.
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
