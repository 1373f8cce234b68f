// Serves the benchmark's pages on loopback through Vite, cross-origin isolated, since SharedArrayBuffer gives the
// WebAssembly engines their threads. No file watching and no reload: a page must not change under a measurement.

import { createReadStream } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer, defaultClientConditions } from 'vite'

/** The folder of the project. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

/** How a page's modules find wgrad: its sources. */
export const sourceResolution = {
  alias: { wgrad: `${projectRoot}src/index.ts` },
  conditions: ['wgrad-source', ...defaultClientConditions],
}

/** The headers of a cross-origin isolated page. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

// Vite would add its reload client to a page that it serves itself; this one it only compiles the modules of.
const page = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8" /><title>wgrad benchmark</title><link rel="icon" href="data:," /></head>
  <body><script type="module" src="/bench/harness/page.ts"></script></body>
</html>`

/** Starts the server; `url` is the address of the page, the same for every engine. `/data` offers the files of `dataDir`. */
export async function startServer(dataDir) {
  const server = await createServer({
    root: projectRoot,
    configFile: false,
    appType: 'custom',
    logLevel: 'warn',
    cacheDir: 'node_modules/.vite-bench',
    resolve: sourceResolution,
    // Named up front, so that Vite does not discover one later, bundle anew and reload the page.
    optimizeDeps: {
      noDiscovery: true,
      include: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu', '@tensorflow/tfjs-backend-wasm', '@jax-js/jax'],
    },
    server: {
      host: '127.0.0.1',
      port: 0,
      hmr: false,
      ws: false,
      watch: null,
      headers: isolation,
    },
  })
  server.middlewares.use('/engine', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...isolation }).end(page)
  })
  if (dataDir !== undefined) {
    server.middlewares.use('/data', (request, response) => {
      const file = createReadStream(join(dataDir, basename(request.url)))
      file.on('error', () => response.writeHead(404, isolation).end())
      response.writeHead(200, { 'content-type': 'application/octet-stream', ...isolation })
      file.pipe(response)
    })
  }
  await server.listen()
  const { port } = server.httpServer.address()
  return { url: `http://127.0.0.1:${port}/engine`, close: () => server.close() }
}
