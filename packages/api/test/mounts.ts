import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import Fastify from 'fastify';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Api } from '@login-policy/api';

/** A server of somebody else with the API in it, and `/theirs` beside it. */
export interface Mounted {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** The API as it is mounted in each framework. */
export const MOUNTS: Readonly<Record<string, (api: Api) => Promise<Mounted>>> = {
  Express: (api) => overHttp(express().use(api.handler)),
  'Express, behind parsers that read every body': (api) => {
    const app = express();
    app.use(express.json(), express.raw({ type: () => true }));
    return overHttp(app.use(api.handler));
  },
  Fastify: (api) => fastify(api, Fastify({ forceCloseConnections: true })),
  'Fastify, which has parsed JSON': async (api) => {
    const app = Fastify({ forceCloseConnections: true });
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
    app.all('/*', (request, reply) => {
      reply.hijack();
      Object.assign(request.raw, { body: request.body });
      api.handler(request.raw, reply.raw, () => reply.raw.end('theirs'));
    });
    return { url: await app.listen({ port: 0 }), close: () => app.close() };
  },
  Hono: (api) => {
    const app = new Hono();
    app.use((context, next) =>
      api.fetch(context.req.raw, {
        next: async () => {
          await next();
          return context.res;
        },
      }),
    );
    app.get('/theirs', (context) => context.text('theirs'));
    return new Promise((resolve) => {
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
        resolve({ url: `http://127.0.0.1:${port}`, close: () => closed(server) }),
      );
    });
  },
};

/** Fastify over HTTP/2 without TLS, for gRPC. */
export function fastifyOverHttp2(api: Api): Promise<Mounted> {
  return fastify(api, Fastify({ http2: true, forceCloseConnections: true }));
}

interface FastifyLike {
  removeAllContentTypeParsers: () => void;
  addContentTypeParser: (
    type: string,
    parse: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ) => unknown;
  all: (
    path: string,
    answer: (
      request: { raw: Parameters<Api['handler']>[0] },
      reply: { raw: Parameters<Api['handler']>[1]; hijack: () => unknown },
    ) => void,
  ) => unknown;
  listen: (where: { port: number }) => Promise<string>;
  close: () => Promise<unknown>;
}

async function fastify(api: Api, app: FastifyLike): Promise<Mounted> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_, __, done) => done(null));
  app.all('/*', (request, reply) => {
    reply.hijack();
    api.handler(request.raw, reply.raw, () => reply.raw.end('theirs'));
  });
  const url = await app.listen({ port: 0 });
  return { url, close: () => app.close().then(() => undefined) };
}

function overHttp(app: ReturnType<typeof express>): Promise<Mounted> {
  app.get('/theirs', (_, response) => {
    response.send('theirs');
  });
  const server = createServer(app);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ url: urlOf(server), close: () => closed(server) }));
  });
}

function urlOf(server: Server): string {
  const address: AddressInfo | string | null = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
  return `http://127.0.0.1:${address.port}`;
}

function closed(server: { close: (done: () => void) => unknown; closeAllConnections?: () => void }): Promise<void> {
  server.closeAllConnections?.();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
