import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { ResolvedOptions } from '../../configuration/resolved-options';
import { ADMIN_SETTINGS, RESOLVED_OPTIONS } from '../../key-management.constants';
import type { AdminSettings } from '../../configuration/key-management.options';
import type { SecretText } from '../../common/secret-text';
import type { Role } from './access.decorator';

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Which token opens what. Without an admin token one is made at start; in production the guarded routes stay shut instead. */
@Injectable()
export class AccessTokensService implements OnApplicationBootstrap {
  readonly #logger = new Logger('KeyManagement');
  readonly #admin: Buffer | undefined;
  readonly #viewer: Buffer | undefined;
  #generated: string | undefined;
  /** False where the guarded routes are to be answered as if they were not there. */
  readonly mounted: boolean;

  constructor(
    @Inject(RESOLVED_OPTIONS) { adminToken, viewerToken, production }: ResolvedOptions,
    @Inject(ADMIN_SETTINGS) settings: AdminSettings,
  ) {
    this.mounted = settings.authorize !== undefined || adminToken !== undefined || !production;
    if (this.mounted && !adminToken && !settings.authorize) this.#generated = randomBytes(24).toString('base64url');
    const digest = (token: SecretText | undefined): Buffer | undefined => token && digestOf(token.reveal());
    this.#admin = this.#generated === undefined ? digest(adminToken) : digestOf(this.#generated);
    this.#viewer = digest(viewerToken);
  }

  onApplicationBootstrap(): void {
    if (!this.mounted) {
      this.#logger.warn(
        'The admin API is not mounted: NODE_ENV is production and no admin token is set. Set ADMIN_TOKEN (make one with: openssl rand -hex 32), or the option admin.authorize.',
      );
    } else if (this.#generated !== undefined) {
      this.#logger.warn(`No ADMIN_TOKEN is set, so one was made for this run: ${this.#generated}`);
    }
    this.#generated = undefined;
  }

  /** What the token opens. Takes the same time whatever the token, and compares with every one that is set. */
  roleOf(token: string): Role | undefined {
    const given = digestOf(token);
    const admin = this.#admin !== undefined && timingSafeEqual(given, this.#admin);
    const viewer = this.#viewer !== undefined && timingSafeEqual(given, this.#viewer);
    return admin ? 'admin' : viewer ? 'viewer' : undefined;
  }
}
