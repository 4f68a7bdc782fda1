// Makes the files that come from elsewhere: preact with htm as one module, and the TypeScript client's module.
// `node vendor.js` writes them, `node vendor.js --check` fails if they are not what the lock file says.

import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const LIBRARIES = ['preact', 'htm'];
const ENTRY = `
  import htm from 'htm';
  import { h } from 'preact';
  export { render } from 'preact';
  export { useCallback, useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
  export const html = htm.bind(h);
`;

/**
 * Name, version and license of a library, for the first lines of the module.
 * @param {string} library
 */
async function notice(library) {
  const folder = `node_modules/${library}`;
  const { version } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  const license = (await readFile(`${folder}/LICENSE`, 'utf8')).trim();
  return `${library} ${version}\n\n${license}`;
}

async function preact() {
  const notices = await Promise.all(LIBRARIES.map(notice));
  const banner = `/*! Made by vendor.js from ${LIBRARIES.join(' and ')}.\n\n${notices.join('\n\n')}\n*/`;
  const stdin = { contents: ENTRY, resolveDir: '.' };
  const built = await build({ stdin, bundle: true, format: 'esm', minify: true, write: false, target: 'es2022' });
  return `${banner}\n${built.outputFiles[0]?.text}`;
}

const made = {
  'files/preact.js': await preact(),
  'files/booked.js': await readFile('../../clients/typescript/dist/booked.js', 'utf8'),
};
const isCheck = process.argv.includes('--check');
for (const [file, text] of Object.entries(made)) {
  if (!isCheck) await writeFile(file, text);
  else if ((await readFile(file, 'utf8')) !== text) {
    console.error(`${file} is not what it is made from: run npm run vendor`);
    process.exitCode = 1;
  }
}
