import { VendorSimulator } from '../simulator';
import { startTsChild } from '../support/start-ts-child';
import { ManagedApp, request } from './managed-app';

const ENDLESS = { kind: 'flood', status: 500, first: '{"error":{}}', chunk: ' '.repeat(65_536) } as const;

describe('an error whose body does not end', () => {
  let simulator: VendorSimulator;
  let app: ManagedApp | undefined;
  afterEach(async () => {
    await app?.close();
    await simulator.close();
  });

  it('ends no process when its caller gives up after it was classified', async () => {
    simulator = await VendorSimulator.start();
    const [key] = simulator.openai.newKeys(1, { ...ENDLESS, operations: ['generate'] }) as [string];
    const child = startTsChild('test/managed-fetch/abort.child.ts', [key, simulator.openai.baseUrl]);
    const lines: string[] = [];
    child.lines.on('line', (line) => lines.push(line));
    expect(await child.ended).toEqual({ code: 0, stderr: '' });
    expect(lines).toEqual([JSON.stringify([500, false, 500, false, 500, false])]);
  });

  it('is handed on whole, from its beginning', async () => {
    app = await ManagedApp.start(1);
    ({ simulator } = app);
    const bytes = 200_000;
    app.behave('openai', { ...ENDLESS, bytes });
    const response = await app.fetch('openai', { maxRetries: 0 })(...request.openai(app));
    const text = await response.text();
    expect([response.status, text.length, text.slice(0, 12)]).toEqual([500, bytes + 12, '{"error":{}}']);
  });
});
