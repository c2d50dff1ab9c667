# The host app of this repository. The image holds what dist/main.js needs at run time, and no secret.
ARG NODE=24.15.0-bookworm-slim

FROM node:${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build
# Optional peers of the package that this image has beside those of the host app, separated by spaces: the drivers of stores.
ARG DRIVERS=ioredis
RUN node tools/host-app-packages.mjs ${DRIVERS} && npm prune --omit=dev --no-audit --no-fund

FROM node:${NODE}
ENV NODE_ENV=production PORT=3000 KEY_STORE_PATH=/app/data
WORKDIR /app
# Nothing here belongs to the user that the app runs as, but for the folder of the file store.
RUN mkdir data && chown node:node data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# By number, so that Kubernetes can tell that it is not root (runAsNonRoot).
USER 1000:1000
VOLUME /app/data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/live').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
# No shell and no npm in between: the signal reaches the app, which lets calls in flight end.
CMD ["node", "dist/main.js"]
