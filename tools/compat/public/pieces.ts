// What both apps have, written as Nest's documentation and those of the packages write it.
import {
  Body,
  Catch,
  Controller,
  Get,
  HttpException,
  Injectable,
  Post,
  SetMetadata,
  UnauthorizedException,
  type ArgumentsHost,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { InjectManagedFetch, KeyPoolHealthIndicator, type ManagedFetch } from 'nestjs-ai-key-management';
import { map, type Observable } from 'rxjs';

export const { VENDOR_URL = '', OPENAI_API_KEYS = '', COMPAT_TOKEN = '', JWT_SECRET = '' } = process.env;

/** How often one address may ask the app's own routes within a minute. */
export const LIMIT = 20;

export const Public = () => SetMetadata('isPublic', true);

export interface User {
  sub: string;
  role: 'admin' | 'viewer';
}

export interface UserRequest {
  headers: Record<string, string | undefined>;
  user?: User;
}

/** The user whom the request's bearer token names. */
export async function userOf({ headers }: UserRequest, jwt: JwtService): Promise<User> {
  const [type, token = ''] = headers.authorization?.split(' ') ?? [];
  try {
    return await jwt.verifyAsync<User>(type === 'Bearer' ? token : '');
  } catch {
    throw new UnauthorizedException();
  }
}

/** Wraps every answer of the app. */
@Injectable()
export class Envelope implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<{ data: unknown }> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** Answers every error in the app's own form. */
@Catch()
export class AllErrors implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const status = error instanceof HttpException ? error.getStatus() : 500;
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { error: { status } }, status);
  }
}

@Public()
@ApiTags('shop')
@Controller({ path: 'login', version: '1' })
export class LoginController {
  constructor(private readonly jwt: JwtService) {}

  @Post()
  async login(@Body() user: User): Promise<{ token: string }> {
    return { token: await this.jwt.signAsync({ sub: user.sub, role: user.role }) };
  }
}

@ApiTags('shop')
@Controller({ path: 'chat', version: '1' })
export class ChatController {
  constructor(@InjectManagedFetch('openai') private readonly openai: ManagedFetch) {}

  @Post()
  async ask(): Promise<unknown> {
    const answer = await this.openai(`${VENDOR_URL}/v1/responses`, { method: 'POST', body: '{"model":"m"}' });
    return answer.json();
  }
}

@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly keys: KeyPoolHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.keys.check('keys')]);
  }
}

@Public()
@Controller('metrics')
export class MetricsController {
  @Get()
  all(): string {
    return 'shop_orders_total 1';
  }
}
