// Imports the one subpath named on the command line, in a process of its own: each must work without the others.

import assert from "node:assert/strict";

const subpath = process.argv[2];
const names = Object.keys(await import(subpath));
assert.ok(names.length > 0, `${subpath} exports nothing`);
console.log(`${subpath}: ${names.length} exports`);
