import { gzipSync } from 'node:zlib';
import { VendorSimulator } from './vendor-simulator';

let sim: VendorSimulator;
beforeAll(async () => (sim = await VendorSimulator.start()));
afterAll(() => sim.close());
beforeEach(() => sim.reset());

const ask = (signal?: AbortSignal): Promise<Response> =>
  fetch(`${sim.openai.baseUrl}/v1/models`, { headers: { authorization: 'Bearer sk-flood' }, signal });

describe('a flood', () => {
  it('is as long as asked for, after what comes first', async () => {
    sim.openai.key('sk-flood', { kind: 'flood', status: 500, first: '{', chunk: 'abc', bytes: 10 });
    const answer = await ask();
    expect([answer.status, await answer.text()]).toEqual([500, '{abcabcabca']);
    await sim.openai.calls.waitForIdle();
    expect(sim.openai.calls.last).toMatchObject({ outcome: 'flood', flooded: 10, aborted: false });
  });

  it('without an end goes on no faster than it is read, until the client leaves', async () => {
    sim.openai.key('sk-flood', { kind: 'flood', chunk: 'x'.repeat(65_536) });
    const leave = new AbortController();
    const reader = (await ask(leave.signal)).body!.getReader();
    for (let read = 0; read < 1_000_000;) read += (await reader.read()).value!.byteLength;
    leave.abort();
    await sim.openai.calls.waitForIdle();
    expect(sim.openai.calls.last?.aborted).toBe(true);
    expect(sim.openai.calls.last?.flooded).toBeLessThan(64 * 1024 * 1024);
  });

  it('may be a bomb', async () => {
    const length = 4 * 1024 * 1024;
    sim.openai.key('sk-flood', { kind: 'flood', chunk: '0'.repeat(65_536), bytes: length, encoding: 'gzip' });
    const answer = await ask();
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect((await answer.text()).length).toBe(length);
    expect(gzipSync('0'.repeat(length)).length).toBeLessThan(length / 500);
  });
});

describe('raw bytes in the place of an answer', () => {
  it('reach the client as they are', async () => {
    sim.openai.key('sk-flood', { kind: 'raw', bytes: 'HTTP/1.1 200 OK\r\nx-odd: \xe4\r\ncontent-length: 2\r\n\r\nhi' });
    const answer = await ask();
    expect([answer.headers.get('x-odd'), await answer.text()]).toEqual(['ä', 'hi']);
  });

  it.each(['end', 'reset'] as const)('which are no HTTP fail the call, then %s', async (then) => {
    sim.openai.key('sk-flood', { kind: 'raw', bytes: 'SSH-2.0-OpenSSH\r\n', then });
    await expect(ask()).rejects.toThrow('fetch failed');
    await sim.openai.calls.waitForIdle();
    expect(sim.openai.calls.last).toMatchObject({ outcome: 'raw', status: undefined, aborted: false });
  });
});
