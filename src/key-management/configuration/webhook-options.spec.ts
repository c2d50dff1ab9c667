import { inspect } from 'node:util';
import { resolveOptions } from './resolve-options';
import { sealOptions } from './sealed-options';
import { DEFAULT_WEBHOOK_EVENTS } from './webhook-options';

const SECRET = 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=';
const URL_WITH_TOKEN = 'https://hooks.example.com/keys?token=hidden-token';
const shown = (value: unknown) => inspect(value, { depth: 10 }) + JSON.stringify(value);

describe('the webhook among the options', () => {
  it('is none where nothing names it', () => {
    expect(resolveOptions({}, {}).webhook).toBeUndefined();
  });

  it('comes from the environment, and from options before that, part by part', () => {
    const env = {
      KEY_WEBHOOK_URL: ` ${URL_WITH_TOKEN} `,
      KEY_WEBHOOK_SECRET: SECRET,
      KEY_WEBHOOK_EVENTS: 'runs_out, key_removed,',
    };
    const { webhook } = resolveOptions({}, env);
    expect(webhook!.url.reveal()).toBe(URL_WITH_TOKEN);
    expect(webhook!.secret.reveal()).toBe(SECRET);
    expect(webhook!.events).toEqual(['runs_out', 'key_removed']);
    const url = 'http://127.0.0.1:9000/';
    const over = resolveOptions({ webhook: { url } as never }, { KEY_WEBHOOK_SECRET: SECRET });
    expect(over.webhook!.url.reveal()).toBe(url);
    expect(over.webhook!.events).toEqual(DEFAULT_WEBHOOK_EVENTS);
  });

  it('names the variable of what is wrong', () => {
    const env = { KEY_WEBHOOK_URL: 'ftp://h.test', KEY_WEBHOOK_SECRET: 'short' };
    expect(() => resolveOptions({}, env)).toThrow(/KEY_WEBHOOK_URL \(option webhook\.url\): must be an https URL/);
    expect(() => resolveOptions({}, env)).toThrow(/KEY_WEBHOOK_SECRET \(option webhook\.secret\): must be whsec_/);
    expect(() => resolveOptions({}, { KEY_WEBHOOK_SECRET: SECRET })).toThrow(/webhook\.url: is needed/);
    const named = {
      ...env,
      KEY_WEBHOOK_URL: 'https://h.test',
      KEY_WEBHOOK_SECRET: SECRET,
      KEY_WEBHOOK_EVENTS: 'key_gone',
    };
    expect(() => resolveOptions({}, named)).toThrow(/webhook\.events\.0.*must be of: key_added, /);
  });

  it('may be http inside the own network where that is said', () => {
    const given = { url: 'http://alerts.internal/keys', secret: SECRET };
    expect(() => resolveOptions({ webhook: given }, {})).toThrow(/allowHttp/);
    expect(resolveOptions({ webhook: { ...given, allowHttp: true } }, {}).webhook!.url.reveal()).toBe(given.url);
  });

  it('shows neither URL nor secret', () => {
    const options = { webhook: { url: URL_WITH_TOKEN, secret: SECRET } };
    for (const value of [resolveOptions(options, {}), sealOptions(options)]) {
      expect(shown(value)).not.toContain('hidden-token');
      expect(shown(value)).not.toContain(SECRET);
    }
  });
});
