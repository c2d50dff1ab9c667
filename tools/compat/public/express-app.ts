// On Express, with versions in the URL. Its guard leaves the routes of key management to their own tokens.
import 'reflect-metadata';
import {
  Injectable,
  Module,
  VersioningType,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, NestFactory, Reflector } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { TerminusModule } from '@nestjs/terminus';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { isKeyManagementRoute, KeyManagementModule } from 'nestjs-ai-key-management';
import {
  AllErrors,
  ChatController,
  COMPAT_TOKEN,
  Envelope,
  HealthController,
  JWT_SECRET,
  LIMIT,
  LoginController,
  MetricsController,
  OPENAI_API_KEYS,
  userOf,
  VENDOR_URL,
  type UserRequest,
} from './pieces.js';

@Injectable()
class JwtGuard implements CanActivate {
  constructor(
    private readonly jwt: JwtService,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (isKeyManagementRoute(context)) return true;
    if (this.reflector.getAllAndOverride<boolean>('isPublic', [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<UserRequest>();
    request.user = await userOf(request, this.jwt);
    return true;
  }
}

@Module({
  imports: [
    TerminusModule,
    JwtModule.register({ global: true, secret: JWT_SECRET, signOptions: { expiresIn: '1h' } }),
    // The throttler without a name: it does not count the routes of key management.
    ThrottlerModule.forRoot([{ ttl: 60_000, limit: LIMIT }]),
    KeyManagementModule.forRoot({
      providers: { openai: { keys: OPENAI_API_KEYS.split(','), baseUrl: VENDOR_URL } },
      store: { kind: 'memory' },
      adminToken: COMPAT_TOKEN,
    }),
  ],
  controllers: [LoginController, ChatController, HealthController, MetricsController],
  providers: [
    { provide: APP_GUARD, useClass: ThrottlerGuard },
    { provide: APP_GUARD, useClass: JwtGuard },
    { provide: APP_INTERCEPTOR, useClass: Envelope },
    { provide: APP_FILTER, useClass: AllErrors },
  ],
})
class AppModule {}

/** Of the whole app, with the routes of key management. */
function serveDocs(app: INestApplication): void {
  const config = new DocumentBuilder().setTitle('Shop').addBearerAuth().build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config));
}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  app.setGlobalPrefix('api');
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  app.enableShutdownHooks();
  serveDocs(app);
  await app.listen(0, '127.0.0.1');
  console.log(`listening ${await app.getUrl()}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
