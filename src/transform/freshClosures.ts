// A function that is jitted anew for each call is traced and compiled for each call. Where one line of the user's program
// makes many such functions, each called about once, a warning says so, once for the line.

import { debugSettings } from "../core/debug.js";
import type { Source } from "../core/source.js";

/** What is known of the functions that one line made. */
interface Site {
  functions: number;
  calls: number;
}

/** Functions of one line after which it is judged: more than a program has layers or tests of one kind. */
const MANY = 64;
const sites = new Map<string, Site>();
const nowhere: Site = { functions: 0, calls: 0 };

/** Notes that a jitted function is called for the first time; gives the count of calls of all functions made at its line. */
export function noteFirstCall({ line }: Source): { calls: number } {
  if (line === undefined) return nowhere;
  let site = sites.get(line);
  if (site === undefined) sites.set(line, (site = { functions: 0, calls: 0 }));
  site.functions++;
  if (site.functions === MANY && site.calls < 2 * MANY) debugSettings.warn(warning(line));
  return site;
}

const warning = (line: string): string =>
  `cotangent: jit made ${MANY} functions at one place, each traced, compiled, and called about once, so that nothing was reused.
  Make the jitted function once, outside of the loop or function that calls it, and pass what changes as an argument.
  at: ${line}`;
