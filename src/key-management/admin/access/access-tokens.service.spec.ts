import crypto from 'node:crypto';
import { Logger } from '@nestjs/common';
import { AccessTokensService } from './access-tokens.service';
import { resolveOptions } from '../../configuration/resolve-options';

const ADMIN = 'admin-token-for-tests-0001';
const VIEWER = 'viewer-token-for-tests-0001';

describe('a token', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is compared in the same time whatever it is: as a digest, with both that are set, to the end', () => {
    const compare = jest.spyOn(crypto, 'timingSafeEqual');
    const tokens = new AccessTokensService(resolveOptions({ adminToken: ADMIN, viewerToken: VIEWER }, {}), {});
    const given = [ADMIN, VIEWER, '', 'a', `${ADMIN}x`, ADMIN.slice(0, -1), 'x'.repeat(10_000), '\u0000', '💥'];
    expect(given.map((token) => tokens.roleOf(token))).toEqual(['admin', 'viewer', ...Array<undefined>(7)]);
    expect(compare).toHaveBeenCalledTimes(2 * given.length);
    for (const [one, other] of compare.mock.calls) expect([one.byteLength, other.byteLength]).toEqual([32, 32]);
  });

  it('that is made at the start has 192 random bits, is shown once, and kept only as a digest', () => {
    const random = jest.spyOn(crypto, 'randomBytes');
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    const tokens = new AccessTokensService(resolveOptions({}, {}), {});
    expect(random.mock.calls.map(([bytes]) => bytes)).toEqual([24]);
    tokens.onApplicationBootstrap();
    tokens.onApplicationBootstrap();
    const shown = warn.mock.calls.map(([line]) => String(line));
    expect(shown).toHaveLength(1);
    const made = /: ([\w-]{32})$/.exec(shown[0]!)![1]!;
    expect(tokens.roleOf(made)).toBe('admin');
  });

  it('of the settings is never printed', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    new AccessTokensService(resolveOptions({ adminToken: ADMIN }, {}), {}).onApplicationBootstrap();
    expect(warn).not.toHaveBeenCalled();
  });

  it('is none in production unless it is set', () => {
    const tokens = new AccessTokensService(resolveOptions({}, { NODE_ENV: 'production' }), {});
    expect(tokens.mounted).toBe(false);
  });
});
