// A convolutional LSTM that sees a film and goes on with it: one cell, applied along time by scan. As long as frames are given it reads
// them; then it reads what it has predicted itself.

import { type NDArray, lax, nn, numpy as np, random } from "cotangent";
import { SIDE } from "./data.js";

export interface Params {
  /** From patch and state to the four gates: `[4 · hidden, PATCH² + hidden, 3, 3]`. */
  readonly gates: NDArray;
  readonly bias: NDArray;
  /** From the state to the logits of the next frame's patches: `[PATCH², hidden, 3, 3]`. */
  readonly out: NDArray;
  readonly outBias: NDArray;
}

/** A frame is seen as patches of 2x2 pixels, which are channels of one place (as Shi et al. have it, with 4x4). */
const PATCH = 2;
const PLACES = SIDE / PATCH;
const CHANNELS = PATCH * PATCH;

export function initial(key: NDArray, hidden: number): Params {
  const [forGates, forOut] = random.splitKeys(key);
  const init = nn.initializers.glorotUniform({ inAxis: 1, outAxis: 0 });
  const zeros = np.zeros([hidden]);
  return {
    gates: init(forGates, [4 * hidden, CHANNELS + hidden, 3, 3]),
    bias: np.concatenate([zeros, zeros.add(1), zeros, zeros]),
    out: init(forOut, [CHANNELS, hidden, 3, 3]),
    // Most pixels are black.
    outBias: np.full([CHANNELS], -2),
  };
}

/** `[n, SIDE, SIDE]` to `[n, CHANNELS, PLACES, PLACES]`, and back. */
const toPatches = (x: NDArray): NDArray =>
  x.reshape([-1, PLACES, PATCH, PLACES, PATCH]).transpose([0, 2, 4, 1, 3]).reshape([-1, CHANNELS, PLACES, PLACES]);
const fromPatches = (x: NDArray): NDArray =>
  x.reshape([-1, PATCH, PATCH, PLACES, PLACES]).transpose([0, 3, 1, 4, 2]).reshape([-1, SIDE, SIDE]);

interface State {
  readonly h: NDArray;
  readonly c: NDArray;
}

/** One step in time: an LSTM's cell whose products are convolutions. */
function cell({ gates, bias }: Params, { h, c }: State, x: NDArray): State {
  const all = nn.conv(np.concatenate([x, h], 1), gates, { padding: "SAME", bias });
  const [enter, keep, leave, content] = np.split(all, 4, 1);
  const next = nn
    .sigmoid(keep)
    .mul(c)
    .add(nn.sigmoid(enter).mul(np.tanh(content)));
  return { c: next, h: nn.sigmoid(leave).mul(np.tanh(next)) };
}

/**
 * The first `given` frames `[given, n, SIDE, SIDE]` of films to logits of the frames from the second to number `frames`,
 * `[frames - 1, n, SIDE, SIDE]`.
 */
export function predict(params: Params, films: NDArray, frames: number): NDArray {
  const [given, n] = films.shape;
  const hidden = params.out.shape[1];
  const empty = np.zeros([n, hidden, PLACES, PLACES]);
  const read = (state: State, x: NDArray): [State, NDArray] => {
    const next = cell(params, state, x);
    return [next, nn.conv(next.h, params.out, { padding: "SAME", bias: params.outBias })];
  };
  const goOn = ([state, x]: [State, NDArray], _: null): [[State, NDArray], NDArray] => {
    const [next, logits] = read(state, x);
    return [[next, nn.sigmoid(logits)], logits];
  };
  const patches = toPatches(films).reshape([given, n, CHANNELS, PLACES, PLACES]);
  const [state, seen] = lax.scan(read, { h: empty, c: empty }, patches);
  const [, foreseen] = lax.scan(goOn, [state, nn.sigmoid(seen.at(-1).get())], null, { length: frames - 1 - given });
  return fromPatches(np.concatenate([seen, foreseen])).reshape([frames - 1, n, SIDE, SIDE]);
}
