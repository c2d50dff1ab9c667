import { Harness } from '../../../../test/execution/harness';
import { settle } from '../../../../test/support/fake-clock';
import { TimeLimits } from '../time-limits';
import { ManagedStream } from './managed-stream';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('ManagedStream', () => {
  function open(idleTimeoutMs = 300_000) {
    const harness = new Harness().add('a');
    let vendor!: ReadableStreamDefaultController<Uint8Array>;
    const cancelled: unknown[] = [];
    const upstream = new ReadableStream<Uint8Array>({
      start: (controller) => void (vendor = controller),
      cancel: (reason) => void cancelled.push(reason),
    });
    const ends: boolean[] = [];
    const held = { held: [bytes('data: first\n\n')], ended: false };
    const stream = new ManagedStream(upstream.getReader(), held, {
      lease: harness.pool.lease()!,
      classifier: { classifyError: ({ transport }) => ({ outcome: transport ?? 'server_error' }) },
      clock: harness.clock,
      limits: new TimeLimits(harness.clock),
      idleTimeoutMs,
      signal: undefined,
      headers: new Headers(),
      abort: (reason) => {
        vendor.error(reason);
      },
    });
    stream.whenEnded((success) => ends.push(success));
    return { harness, vendor, ends, cancelled, reader: stream.body.getReader() };
  }

  it('gives the key back when nobody reads for 30 s, also after some was read', async () => {
    const { harness, vendor, ends, reader } = open();
    await reader.read();
    const second = reader.read();
    await harness.clock.advance(60_000);
    expect(ends).toEqual([]);
    vendor.enqueue(bytes('data: second\n\n'));
    await second;
    await harness.clock.advance(59_000);
    expect(ends).toEqual([true]);
    expect(harness.inFlight).toBe(0);
    vendor.enqueue(bytes('data: third\n\n'));
    vendor.close();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('third');
    expect((await reader.read()).done).toBe(true);
    expect(ends).toEqual([true]);
    await harness.clock.advance(600_000);
    expect(harness.clock.pendingTimers).toBe(0);
  });

  it('breaks with a time-out when the vendor is silent for too long', async () => {
    const { harness, ends, reader } = open(300_000);
    await reader.read();
    const second = reader.read().catch((error: unknown) => error);
    await harness.clock.advance(299_000);
    expect(ends).toEqual([]);
    await harness.clock.advance(40_000);
    expect(await second).toMatchObject({ name: 'TimeoutError' });
    expect(ends).toEqual([false]);
  });

  it('settles with an error event as it passes, and lets the rest through', async () => {
    const { harness, vendor, ends, reader } = open();
    await reader.read();
    vendor.enqueue(bytes('data: {"error":{"code":"x"}}\n\n'));
    vendor.enqueue(bytes('data: rest\n\n'));
    vendor.close();
    await reader.read();
    expect(ends).toEqual([false]);
    expect(harness.inFlight).toBe(0);
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('rest');
    expect((await reader.read()).done).toBe(true);
  });

  it('reads nothing ahead of its reader', async () => {
    const { vendor, reader } = open();
    const before = vendor.desiredSize;
    vendor.enqueue(bytes('data: second\n\n'));
    await reader.read();
    await settle();
    expect(vendor.desiredSize).toBe(before! - 1);
  });

  it('passes a cancel on, with its reason', async () => {
    const { ends, cancelled, reader } = open();
    await reader.cancel('enough');
    expect([ends, cancelled]).toEqual([[true], ['enough']]);
  });
});
