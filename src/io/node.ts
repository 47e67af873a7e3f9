// Node's own modules, asked of the process when they are needed. No `import` names them, not even a late one, so that bundlers can
// put this into a page, where there are none.

import type * as crypto from "node:crypto";
import type * as fs from "node:fs/promises";
import type * as path from "node:path";
import type * as util from "node:util";
import type * as zlib from "node:zlib";
import { DataError } from "../core/errors.js";

interface NodeModules {
  readonly "node:crypto": typeof crypto;
  readonly "node:fs/promises": typeof fs;
  readonly "node:path": typeof path;
  readonly "node:util": typeof util;
  readonly "node:zlib": typeof zlib;
}

/** A module of Node; elsewhere a DataError is thrown. */
export function nodeModule<K extends keyof NodeModules>(name: K): NodeModules[K] {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const module = process?.getBuiltinModule?.(name);
  if (module !== undefined) return module as NodeModules[K];
  throw new DataError({
    op: "reading and writing files",
    expected: "Node, or another system with its modules",
    received: `none with ${name}`,
    remedy: "use what parses and encodes bytes instead, and move them with fetch or a form",
  });
}
