// What happens to the loops between lowering and planning, in order: each pass takes a program and gives one that does the same.

import type { LoopProgram } from "../loop/ir.js";
import { chunkReductions } from "./chunk.js";
import { withEpilogues } from "./epilogues.js";
import { fuse } from "./fuse.js";
import { inPlace } from "./inPlace.js";
import { inlined } from "./inline.js";
import { outOfLoops } from "./outOfLoops.js";
import { withRowGroups } from "./rowGroups.js";

export const loopPasses: readonly { readonly name: string; readonly run: (program: LoopProgram) => LoopProgram }[] = [
  { name: "take out of loops what does not turn", run: outOfLoops },
  { name: "merge steps over one index space, drop what nobody reads", run: fuse },
  { name: "compute cheap outer nests where they are read", run: inlined },
  { name: "give products what is done to their results", run: withEpilogues },
  { name: "do nests over the same rows block by block", run: withRowGroups },
  { name: "cut long reductions into chunks that threads share", run: chunkReductions },
  { name: "update what loops carry where it lies", run: inPlace },
];
