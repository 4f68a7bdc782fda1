// The program of the README has the right types, so it can be copied.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { programOfTheReadme, written } from "./readme.js";

const TSC = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
const OPTIONS = "--noEmit --strict --allowJs --checkJs --target es2022 --module nodenext --types node".split(" ");

function typesOf(/** @type {string} */ name, /** @type {string} */ program) {
  return spawnSync(process.execPath, [TSC, ...OPTIONS, written(name, program)], { encoding: "utf8" });
}

test("the program has the right types", () => {
  const { status, stdout } = typesOf("buy.mjs", programOfTheReadme());
  assert.equal(status, 0, stdout);
});

test("a program that calls what is not there has not", () => {
  const { status, stdout } = typesOf("wrong.mjs", programOfTheReadme().replace("client.reserve(", "client.reserved("));
  assert.notEqual(status, 0);
  assert.match(stdout, /Property 'reserved' does not exist on type 'Booked'/);
});
