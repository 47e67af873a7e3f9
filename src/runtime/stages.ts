// What the compiler made of a program, as texts to read: the optimised program, its loops before and after fusion, where
// memory is planned, and the module.

import { bytesOf } from "../core/dtype.js";
import type { LoopStages } from "../core/executable.js";
import { printLoops, stepTitle } from "../loop/print.js";
import type { LoopProgram } from "../loop/ir.js";
import { moduleText } from "../wasm/text.js";
import type { EmittedModule } from "./emission.js";
import type { Layout, Place } from "./layout.js";

function placeText(place: Place, staged: number | undefined): string {
  const copied = staged === undefined ? "" : `, copied to +${staged}`;
  if (place.kind === "fixed") return `at ${place.address}`;
  return place.kind === "transient" ? `at +${place.offset}` : `where word ${place.slot} of the frame says${copied}`;
}

/** A line for each buffer that the program touches: its bytes, and where they lie. */
function planText({ buffers }: LoopProgram, layout: Layout): string {
  const lines = [...layout.places].map(
    ([b, place]) =>
      `%${b} ${buffers[b].role}, ${buffers[b].size * bytesOf(buffers[b].dtype)} bytes ${placeText(place, layout.staged.get(b))}`,
  );
  const { offset, bytes } = layout.scratch;
  const scratch = bytes === 0 ? [] : [`scratch, ${bytes} bytes a thread at +${offset}`];
  return [`transient area, ${layout.bytes} bytes`, ...lines, ...scratch].join("\n");
}

/** The texts of the loops on their way, `+` standing for places in the transient area. */
export const loopStages = (lowered: LoopProgram, fused: LoopProgram, planned: LoopProgram, layout: Layout): LoopStages => ({
  lowered: printLoops(lowered),
  fused: printLoops(fused),
  planned: `${printLoops(planned)}\n${planText(planned, layout)}`,
});

/** The module as text; what its functions do stands beside them, what the host does in between at the end. */
export function emittedText({ bytes, parts, steps }: EmittedModule): string {
  const text = moduleText(bytes, (index) => {
    const step = steps.get(index);
    return step === undefined ? undefined : stepTitle(step);
  });
  const order = parts.map((part) => (part.kind === "module" ? part.name : `host ${part.step.equation.primitive.name}`));
  return `;; ${bytes.length} bytes; a call runs ${order.join(", then ") || "nothing"}\n${text}`;
}
