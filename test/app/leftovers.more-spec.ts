import { VendorSimulator } from '../simulator';
import { startTsChild } from '../support/start-ts-child';

// Each start is a process of its own, which compiles as it goes: slow where the machine is busy.

describe.each(['express', 'fastify'])('after app.close() on %s', (adapter) => {
  it('no timer and no socket is left, and the process ends by itself', async () => {
    const simulator = await VendorSimulator.start();
    const [key] = simulator.openai.newKeys(1) as [string];
    const child = startTsChild('test/app/leftovers.child.ts', [adapter, key, simulator.openai.baseUrl]);
    const lines: string[] = [];
    child.lines.on('line', (line) => lines.push(line));
    const { code, stderr } = await child.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const expected = { statuses: [200, 200, 200, 200, 401], success: true, left: [] };
    expect(JSON.parse(lines.at(-1) ?? '{}')).toEqual(expected);
    await simulator.close();
  });
});
