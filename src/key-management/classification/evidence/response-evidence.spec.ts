import { vendorErrorFromResponse } from './error-evidence';

const QUOTA = { error: { message: 'no money', code: 'insufficient_quota' } };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

it('reads status, headers and body, and leaves the body to the caller', async () => {
  const response = new Response(JSON.stringify(QUOTA), { status: 429, headers: { 'Retry-After': '3' } });
  expect(await vendorErrorFromResponse(response, { phase: 'probe', endpoint: 'GET /v1/models' })).toMatchObject({
    phase: 'probe',
    endpoint: 'GET /v1/models',
    status: 429,
    httpStatus: 429,
    codes: ['insufficient_quota'],
    statedWait: { ms: 3_000 },
  });
  expect(await response.json()).toEqual(QUOTA);
});

it('makes do without a body that is used, locked or absent', async () => {
  const used = new Response('x', { status: 500 });
  await used.text();
  const locked = new Response('x', { status: 500 });
  locked.body!.getReader();
  for (const response of [used, locked, new Response(null, { status: 500 })]) {
    expect(await vendorErrorFromResponse(response)).toMatchObject({ status: 500, bodyKind: 'none' });
  }
});

it('reads 64 kB of an endless body', async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled++;
      controller.enqueue(bytes('x'.repeat(8_192)));
    },
  });
  const error = await vendorErrorFromResponse(new Response(endless, { status: 500 }));
  expect(error).toMatchObject({ status: 500, bodyKind: 'text' });
  expect(pulled).toBeLessThan(20);
});

it('waits for a stalled body no longer than its limit', async () => {
  const stalled = (): Response =>
    new Response(new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(bytes('half a sent')) }), {
      status: 503,
    });
  expect(await vendorErrorFromResponse(stalled(), { bodyTimeLimitMs: 20 })).toMatchObject({ message: 'half a sent' });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  expect(await vendorErrorFromResponse(stalled(), { signal: controller.signal })).toMatchObject({
    message: 'half a sent',
  });
  expect(await vendorErrorFromResponse(stalled(), { signal: AbortSignal.abort() })).toMatchObject({
    status: 503,
    message: '',
  });
});

it('takes what it got of a body that breaks', async () => {
  let parts = 0;
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (parts++ === 0) controller.enqueue(bytes('partly'));
      else controller.error(new Error('broken'));
    },
  });
  expect(await vendorErrorFromResponse(new Response(broken, { status: 502 }))).toMatchObject({
    status: 502,
    message: 'partly',
  });
});
