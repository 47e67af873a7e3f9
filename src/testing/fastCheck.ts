// fast-check, where it is installed: an optional peer of this subpath. What needs no random data works without it.

import type * as FastCheck from "fast-check";
import { MissingPackageError } from "./errors.js";

const loaded: typeof FastCheck | undefined = await import("fast-check").catch(() => undefined);

/**
 * The functions of fast-check.
 *
 * @throws MissingPackageError where it is not installed.
 */
export function fastCheck(op: string): typeof FastCheck {
  if (loaded !== undefined) return loaded;
  throw new MissingPackageError({
    op,
    expected: "the package fast-check",
    received: "none that can be imported",
    remedy: "add it to your project: npm install --save-dev fast-check",
  });
}
