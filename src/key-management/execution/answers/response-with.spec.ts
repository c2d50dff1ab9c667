import { responseWith } from './response-with';

const TEXT = '\u{FEFF}{"said":"grüß dich"}';

const given = (status = 200): Response =>
  Object.defineProperties(new Response(null, { headers: { 'content-type': 'application/json', 'x-id': '7' } }), {
    status: { value: status },
    statusText: { value: 'très bien' },
    url: { value: 'https://vendor.test/v1' },
    redirected: { value: true },
  });

const bytes = (): Uint8Array<ArrayBuffer> => new TextEncoder().encode(TEXT);
const whole = (status?: number): Response => responseWith(given(status), bytes());
const stream = (): Response => responseWith(given(), new Blob([bytes()]).stream());

/** As any response with this body is read. */
const usual = (): Response => new Response(bytes(), { headers: { 'content-type': 'application/json' } });

const READERS: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  text: (response) => response.text(),
  json: (response) => response.json(),
  arrayBuffer: (response) => response.arrayBuffer(),
  bytes: async (response) => new Uint8Array(await (response.bytes ? response.bytes() : response.arrayBuffer())),
  blob: async (response) => [(await response.clone().blob()).type, await (await response.blob()).text()],
  body: async (response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body!) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  },
};

/** By its name: it is of another realm than the tests are. */
const TYPE_ERROR: unknown = expect.objectContaining({ name: 'TypeError' });

const outcome = (reading: Promise<unknown>): Promise<unknown> =>
  reading.catch((error: unknown) => (error as Error).name);

const cloning = (response: Response): Promise<Response> =>
  new Promise((resolve) => {
    resolve(response.clone());
  });

describe('the copy of an answer', () => {
  describe.each([
    ['that was read whole', whole],
    ['that streams', stream],
  ])('%s', (_, make) => {
    it.each(Object.keys(READERS))('is read by %s as any response, once', async (name) => {
      const read = READERS[name]!;
      const answer = make();
      expect(answer.bodyUsed).toBe(false);
      const like = usual();
      expect(await read(answer)).toEqual(await read(like));
      expect(answer.bodyUsed).toBe(true);
      for (const again of Object.values(READERS))
        expect(await outcome(again(answer))).toEqual(await outcome(again(like)));
      await expect(cloning(answer)).rejects.toEqual(TYPE_ERROR);
    });

    it('is a response, and says what the vendor’s own said', () => {
      const answer = make();
      expect(answer).toBeInstanceOf(Response);
      expect(Object.prototype.toString.call(answer)).toBe('[object Response]');
      const { status, statusText, ok, url, redirected } = answer;
      expect({ status, statusText, ok, url, redirected }).toEqual({
        ...{ status: 200, statusText: 'très bien', ok: true, url: 'https://vendor.test/v1', redirected: true },
      });
      expect(answer.headers.get('x-id')).toBe('7');
    });

    it('has clones that say and hold the same, each to be read by itself', async () => {
      const answer = make();
      const clones = [answer.clone(), answer.clone().clone()];
      expect(await answer.json()).toEqual({ said: 'grüß dich' });
      for (const clone of clones) {
        expect(clone).toMatchObject({ statusText: 'très bien', url: 'https://vendor.test/v1', bodyUsed: false });
        expect(await clone.json()).toEqual({ said: 'grüß dich' });
      }
      clones[0]!.headers.set('x-id', '8');
      expect(answer.headers.get('x-id')).toBe('7');
    });

    it('cannot be cloned while its body is read', async () => {
      const answer = make();
      answer.body!.getReader();
      await expect(cloning(answer)).rejects.toEqual(TYPE_ERROR);
    });
  });

  it('that was read whole can be cloned after its stream was looked at', async () => {
    const answer = whole();
    expect(answer.body).toBe(answer.body);
    expect(await answer.clone().text()).toBe(await usual().text());
    expect(await answer.text()).toBe(await usual().text());
  });

  it('that was read whole is read as a form, too', async () => {
    const form = new Response(new URLSearchParams({ a: '1' }));
    const answer = responseWith(form, new TextEncoder().encode('a=1'));
    expect([...(await answer.formData())]).toEqual([['a', '1']]);
  });

  it('that was read whole gives each reader bytes of its own', async () => {
    const answer = whole();
    const clone = answer.clone();
    new Uint8Array(await answer.arrayBuffer()).fill(0);
    expect(await clone.text()).toBe(await usual().text());
  });

  it.each([199, 600, 999])('keeps a status that none may be made with: %d', (status) => {
    expect([whole(status).status, whole(status).clone().status]).toEqual([status, status]);
  });
});
