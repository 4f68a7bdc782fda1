// Serves the pages from the files as they are now, and passes everything else on to a running gateway, so that a change is seen
// when the page is loaded again: `npm run develop`, with a system started by `cargo up`.

import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { extname } from 'node:path';

const GATEWAY = new URL(process.env['BOOKED'] ?? 'http://localhost:8080');
const PORT = Number(process.env['PORT'] ?? 8081);
/** @type {Record<string, string>} */
const TYPES = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
/** @type {Record<string, string>} */
const PAGES = { '/': 'sale.html', '/admin/': 'admin.html' };

/** @typedef {import('node:http').ServerResponse} Response */

/**
 * The page with the gateway's own headers, so that its policy applies.
 * @param {string} path
 * @param {string} page
 * @param {Response} response
 */
async function sendPage(path, page, response) {
  const { headers } = await fetch(new URL(path, GATEWAY), { headers: { Accept: 'text/html' } });
  const html = await readFile(`files/${page}`, 'utf8');
  response.setHeader('Content-Security-Policy', headers.get('content-security-policy') ?? "default-src 'none'");
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(html.replaceAll('{files}', '/pages/now').replaceAll('{grafana_url}', ''));
}

/**
 * @param {string} name
 * @param {Response} response
 */
async function sendFile(name, response) {
  response.setHeader('Content-Type', TYPES[extname(name)] ?? 'application/octet-stream');
  response.setHeader('Cache-Control', 'no-store');
  response.end(await readFile(`files/${name}`));
}

const server = createServer(async (incoming, response) => {
  const path = incoming.url ?? '/';
  try {
    const page = PAGES[path];
    const file = /^\/pages\/now\/([a-z-]+\.[a-z]+)$/.exec(path)?.[1];
    if (page !== undefined) await sendPage(path, page, response);
    else if (file !== undefined) await sendFile(file, response);
    else {
      const { method, headers } = incoming;
      const outgoing = request(new URL(path, GATEWAY), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      outgoing.on('error', (error) => response.destroy(error));
      incoming.pipe(outgoing);
    }
  } catch (error) {
    response.writeHead(502).end(String(error));
  }
});
server.listen(PORT, 'localhost', () => console.log(`http://localhost:${PORT}`));
