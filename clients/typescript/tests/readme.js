// The program of the README, as a file: what its readers would copy.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../", import.meta.url);

export function programOfTheReadme() {
  const readme = readFileSync(new URL("README.md", FOLDER), "utf8");
  const [program, ...others] = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, text]) => text);
  if (program === undefined || others.length > 0) {
    throw new Error("the README must have one program");
  }
  return program;
}

/** Writes a program where it finds `booked-client`, and answers with its path. */
export function written(/** @type {string} */ name, /** @type {string} */ program) {
  const file = new URL(`build/${name}`, FOLDER);
  mkdirSync(new URL(".", file), { recursive: true });
  writeFileSync(file, program);
  return fileURLToPath(file);
}
