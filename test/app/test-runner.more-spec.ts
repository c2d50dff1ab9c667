import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

const TEST = `
require('reflect-metadata');
const { Test } = require('@nestjs/testing');
const { KeyManagementModule } = require(${JSON.stringify(resolve(ROOT, 'src/key-management/index.ts'))});
it('starts, and is never closed', async () => {
  const said = [];
  const say = (level) => (line, context) => context === 'KeyManagement' && said.push(level + ' ' + line);
  const logger = { log: say('log'), warn: say('warn'), error: say('error') };
  const testing = await Test.createTestingModule({ imports: [KeyManagementModule.forRoot({})] }).setLogger(logger).compile();
  await testing.createNestApplication().init();
  process.stderr.write('SAID ' + JSON.stringify(said) + '\\n');
});
`;

/** As here, but with `import()` left as it is, as it stands in what is published. */
const { transform: ours } = createRequire(__filename)('../../jest.config.cjs') as {
  transform: Record<string, [transformer: string, options: { module: object }]>;
};
const transform = Object.fromEntries(
  Object.entries(ours).map(([files, [transformer, options]]) => [
    files,
    [transformer, { ...options, module: { ...options.module, ignoreDynamic: true } }],
  ]),
);

/** A project of somebody else, who tests an app with this package in it and has set up nothing for that. */
function project(): string {
  const folder = mkdtempSync(join(tmpdir(), 'akm-jest-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'app.test.js'), TEST);
  writeFileSync(join(folder, 'jest.config.json'), JSON.stringify({ transform }));
  return folder;
}

it('E9: in a Jest test without settings one plain line tells of the memory store, and Jest ends without close()', async () => {
  const folder = project();
  // Without what this run of Jest and its machine say of keys and stores.
  const { PATH, HOME } = process.env;
  const jest = spawn(process.execPath, [join(folder, 'node_modules/jest/bin/jest.js'), '--runInBand'], {
    cwd: folder,
    env: { PATH, HOME, NODE_ENV: 'test' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  jest.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(jest, 'close')) as [number | null];
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('1 passed') });
  expect(output).not.toMatch(/did not exit|open handle/);
  const said = JSON.parse(/^SAID (.*)$/m.exec(output)![1]!) as string[];
  expect(said.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(said.filter((line) => /store/.test(line))).toEqual([
    'log This test runner cannot load the file store, so keys are kept in memory. To say so: store: { kind: "memory" }, or KEY_STORE=memory.',
  ]);
  rmSync(folder, { recursive: true });
});
