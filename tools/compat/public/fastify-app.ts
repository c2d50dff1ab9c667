// On Fastify, with versions in a header. Its guard stands before the routes of key management, too, and its users open them.
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
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { TerminusModule } from '@nestjs/terminus';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { isKeyManagementRoute, KeyManagementModule } from 'nestjs-ai-key-management';
import {
  AllErrors,
  ChatController,
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
    if (this.reflector.getAllAndOverride<boolean>('isPublic', [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<UserRequest>();
    request.user = await userOf(request, this.jwt);
    return true;
  }
}

@Module({
  imports: [TerminusModule],
  controllers: [LoginController, ChatController, HealthController, MetricsController],
})
class ShopModule {}

@Module({
  imports: [
    ShopModule,
    JwtModule.register({ global: true, secret: JWT_SECRET, signOptions: { expiresIn: '1h' } }),
    // Throttlers with names of the app's own.
    ThrottlerModule.forRoot({
      throttlers: [{ name: 'per-minute', ttl: 60_000, limit: LIMIT }],
      skipIf: isKeyManagementRoute,
    }),
    KeyManagementModule.forRoot({
      providers: { openai: { keys: OPENAI_API_KEYS.split(','), baseUrl: VENDOR_URL } },
      store: { kind: 'memory' },
      // The app has `/health` and `/metrics` of its own: of the first the module's gives way, the second is moved.
      admin: {
        metrics: 'key-metrics',
        authorize: (request, role) => {
          const { user } = request as UserRequest;
          return user !== undefined && (role === 'viewer' || user.role === 'admin');
        },
      },
    }),
  ],
  providers: [
    { provide: APP_GUARD, useClass: ThrottlerGuard },
    { provide: APP_GUARD, useClass: JwtGuard },
    { provide: APP_INTERCEPTOR, useClass: Envelope },
    { provide: APP_FILTER, useClass: AllErrors },
  ],
})
class AppModule {}

/** Of the shop alone. */
function serveDocs(app: INestApplication): void {
  const config = new DocumentBuilder().setTitle('Shop').addBearerAuth().build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config, { include: [ShopModule] }));
}

async function main(): Promise<void> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
    logger: ['error', 'warn'],
  });
  app.setGlobalPrefix('api');
  app.enableVersioning({ type: VersioningType.HEADER, header: 'x-api-version' });
  app.enableShutdownHooks();
  serveDocs(app);
  await app.listen(0, '127.0.0.1');
  console.log(`listening ${await app.getUrl()}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
