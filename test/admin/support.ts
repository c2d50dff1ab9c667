import { Module, type INestApplication, type Type } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { Server } from 'node:http';
import { setTimeout as turn } from 'node:timers/promises';
import request, { type Response, type Test as HttpTest } from 'supertest';
import { VendorSimulator } from '../simulator';
import type { FakeClock } from '../support/fake-clock';
import { ADMIN, VIEWER } from '../support/tokens';
import { setUpApp } from '../../src/app-setup';
import {
  CLOCK,
  keyIdOf,
  KeyManagementExceptionFilter,
  KeyManagementModule,
  type Clock,
  type KeyManagementModuleOptions,
} from '../../src/key-management';

export { ADMIN, VIEWER };

export const ADAPTERS = ['express', 'fastify'] as const;
export type Adapter = (typeof ADAPTERS)[number];

export type Method = 'get' | 'post' | 'patch' | 'delete' | 'put';

export interface ApiUnderTest {
  app: INestApplication;
  /** A request with a token: the admin's where none is named, none at all for null. */
  send(method: Method, path: string, token?: string | null): HttpTest;
}

export interface ApiSettings {
  adapter?: Adapter;
  options?: KeyManagementModuleOptions;
  globalPrefix?: string;
  imports?: Type[];
  /** Default: the machine's. */
  clock?: Clock;
}

/** The module in an app of its own, listening on a free port, on a memory store and with known tokens. */
export async function startApi({
  adapter = 'express',
  options,
  globalPrefix,
  imports = [],
  clock,
}: ApiSettings = {}): Promise<ApiUnderTest> {
  @Module({
    imports: [
      KeyManagementModule.forRoot({ store: { kind: 'memory' }, adminToken: ADMIN, viewerToken: VIEWER, ...options }),
      ...imports,
    ],
    providers: [{ provide: APP_FILTER, useClass: KeyManagementExceptionFilter }],
  })
  class HostModule {}
  const builder = Test.createTestingModule({ imports: [HostModule] });
  if (clock) builder.overrideProvider(CLOCK).useValue(clock);
  const testing = await builder.compile();
  testing.useLogger(false);
  let app: INestApplication;
  if (adapter === 'express') {
    const express = testing.createNestApplication<NestExpressApplication>();
    if (globalPrefix) express.setGlobalPrefix(globalPrefix);
    app = setUpApp(express, { TRUST_PROXY: 'loopback' });
  } else {
    app = testing.createNestApplication<NestFastifyApplication>(
      new FastifyAdapter({ trustProxy: 'loopback', bodyLimit: 1_048_576 }),
    );
    if (globalPrefix) app.setGlobalPrefix(globalPrefix);
    // No docs here: @fastify/static needs an ES module, which Jest cannot load. test/app has them in a process of their own.
  }
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as Server;
  return {
    app,
    send(method, path, token = ADMIN) {
      const test = request(server)[method](path);
      return token === null ? test : test.set('Authorization', `Bearer ${token}`);
    },
  };
}

export interface ApiWithKey extends ApiUnderTest {
  readonly simulator: VendorSimulator;
  /** Of its only key, one of OpenAI's. */
  readonly id: string;
  close(): Promise<void>;
}

/** The same with one key that a simulated vendor knows. */
export async function startApiWithKey(settings: ApiSettings): Promise<ApiWithKey> {
  const simulator = await VendorSimulator.start();
  const [key] = simulator.openai.newKeys(1) as [string];
  const providers = { openai: { keys: [key], baseUrl: simulator.openai.baseUrl } };
  const api = await startApi({ ...settings, options: { ...settings.options, providers } });
  const close = async (): Promise<void> => {
    await api.app.close();
    await simulator.close();
  };
  return { ...api, simulator, id: keyIdOf(key), close };
}

/** The answer to a request, while time goes on. */
export async function answered(request: HttpTest, clock: FakeClock): Promise<Response> {
  let answer: Response | undefined;
  void request.then((given) => (answer = given));
  while (answer === undefined) {
    await turn(5);
    await clock.advance(100);
  }
  return answer;
}
