import {
  ForbiddenException,
  Inject,
  Injectable,
  NotFoundException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ADMIN_SETTINGS } from '../../key-management.constants';
import type { AdminSettings } from '../../configuration/key-management.options';
import { ApiProblem } from '../api-problem';
import { ACCESS_METADATA, type Access, type Role } from './access.decorator';
import { AccessTokensService } from './access-tokens.service';
import { FailedTriesService } from './failed-tries.service';
import { actorOf, type ApiRequest } from './api-request';
import { isFromAnotherSite } from './cross-site';

/** Lets in whom the route's `@RequiredAccess` names. Denies by default. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: AccessTokensService,
    private readonly failedTries: FailedTriesService,
    @Inject(ADMIN_SETTINGS) private readonly settings: AdminSettings,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS_METADATA, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === 'public') return true;
    if (!this.tokens.mounted) throw new NotFoundException('There is no such route.');
    if (access === undefined) throw new ForbiddenException('Nobody may use this route: it names no role.');
    const request = context.switchToHttp().getRequest<ApiRequest>();
    // A host's own authorisation may go by cookies, which a browser sends whatever page asks; our tokens it does not have.
    if (access === 'admin' && this.settings.authorize && isFromAnotherSite(request)) {
      throw new ForbiddenException('The request was sent by another site.');
    }
    const role = this.settings.authorize
      ? await this.#askHost(this.settings.authorize, request, access)
      : await this.#roleByToken(request);
    if (access === 'admin' && role !== 'admin') {
      throw new ForbiddenException('A viewer may not do this. Use the admin token.');
    }
    actorOf(request).role = role;
    return true;
  }

  async #askHost(authorize: NonNullable<AdminSettings['authorize']>, request: unknown, role: Role): Promise<Role> {
    // An app in plain JavaScript may answer anything: a yes is true and nothing else.
    const allowed: unknown = await authorize(request, role);
    if (allowed === true) return role;
    throw new ForbiddenException('You may not do this.');
  }

  async #roleByToken(request: ApiRequest): Promise<Role> {
    const header = request.headers.authorization;
    if (header === undefined) throw unauthorized('A token is needed: send "Authorization: Bearer <token>".');
    const token = /^Bearer +(\S+) *$/i.exec(header)?.[1];
    const role = token === undefined ? undefined : this.tokens.roleOf(token);
    if (role) return role;
    const waitSeconds = await this.failedTries.note(request.ip);
    if (waitSeconds === 0) throw unauthorized('The token is not valid.');
    throw new ApiProblem(429, `Too many wrong tokens. Try again in ${waitSeconds} s.`, {
      headers: { 'Retry-After': String(waitSeconds) },
    });
  }
}

const unauthorized = (message: string): ApiProblem =>
  new ApiProblem(401, message, { headers: { 'WWW-Authenticate': 'Bearer realm="key-management"' } });
