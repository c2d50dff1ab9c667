import { managed, POST, server, start, useVendor } from './answering-vendor';

useVendor();

/** What anybody can see of an answer, and of its clone. */
async function seen(response: Response): Promise<unknown> {
  const clone = response.clone();
  const facts = [response, clone].map(({ status, ok, statusText, redirected, type, url, headers, body }) => [
    [status, ok, statusText, redirected, type, url, body === null],
    [...headers].filter(([name]) => name !== 'date' && name !== 'x-should-retry'),
    headers.getSetCookie(),
  ]);
  const texts = [await clone.text(), await response.text()];
  return [facts, texts, clone.bodyUsed, response.bodyUsed, response instanceof Response];
}

describe('D8: an answer without a key is what fetch gives', () => {
  it.each([
    ['200', 200, 'OK', '{"a":1}'],
    ['202', 202, 'Accepted', ''],
    ['204', 204, 'No Content', undefined],
    ['304', 304, 'Not Modified', undefined],
    ['404', 404, 'Not Found', '{"error":{"message":"no such thing"}}'],
    ['a status that none may be made with', 999, 'Denied', 'no'],
    ['the text of a status in another language', 400, 'Ça va pas', '{}'],
  ])('%s', async (_, status, text, body) => {
    await start();
    server.answer = (response) => {
      response.setHeader('set-cookie', ['a=1; Path=/', 'b=2, c']);
      response.setHeader('content-type', 'application/json');
      response.writeHead(status, text).end(body);
    };
    const init = { ...POST, headers: { 'content-type': 'application/json' } };
    expect(await seen(await managed({}, init))).toEqual(await seen(await fetch(`${server.origin}/v1/x`, init)));
  });
});
