// Runs before each test file of the folders whose files share a process (vitest.config.ts). The library is whole there, whatever
// the file imports, and a file must leave it as it was: nothing else runs in the evaluator's place, and no switch stays on.

import { afterAll } from "vitest";
import "../src/install.js";
import { debugSettings } from "../src/core/debug.js";
import { eagerEvaluator } from "../src/core/executable.js";
import { evaluateEagerly } from "../src/runtime/evaluator.js";

const before = { ...debugSettings };
const names = Object.keys(before) as readonly (keyof typeof before)[];

afterAll(() => {
  if (eagerEvaluator() !== evaluateEagerly) throw new Error("this file leaves another evaluator behind: run it in a process of its own");
  const changed = names.filter((name) => debugSettings[name] !== before[name]);
  if (changed.length > 0) throw new Error(`this file leaves setDebug's ${changed.join(", ")} changed`);
});
