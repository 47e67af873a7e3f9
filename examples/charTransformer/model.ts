// A decoder transformer: ids of characters go in, logits of the next character come out at every place. Each block adds to the stream
// what attention finds in the places before, then what a small network makes of each place (layer norms first, as in GPT-2).

import { type NDArray, lax, nn, numpy as np, random } from "cotangent";

interface Norm {
  readonly scale: NDArray;
  readonly bias: NDArray;
}

interface Block {
  readonly norms: readonly [Norm, Norm];
  readonly queriesKeysValues: NDArray;
  readonly mix: NDArray;
  readonly up: NDArray;
  readonly down: NDArray;
}

export interface Params {
  readonly characters: NDArray;
  readonly places: NDArray;
  readonly blocks: readonly Block[];
  readonly norm: Norm;
  readonly out: NDArray;
}

export interface Sizes {
  readonly vocabulary: number;
  readonly context: number;
  readonly width: number;
  readonly layers: number;
}

const HEAD = 16;

/** Fresh parameters; what is added to the stream is smaller the more blocks add to it (Radford et al. 2019). */
export function initial(key: NDArray, { vocabulary, context, width, layers }: Sizes): Params {
  const [forCharacters, forPlaces, forBlocks, forOut] = random.splitKeys(key, 4);
  const normal = (k: NDArray, shape: readonly number[], scale = 0.02): NDArray => random.normal(k, shape).mul(scale);
  const norm = (): Norm => ({ scale: np.ones([width]), bias: np.zeros([width]) });
  const fanIn = width ** -0.5;
  const block = (k: NDArray): Block => {
    const [first, second, third, fourth] = random.splitKeys(k, 4);
    const small = fanIn / Math.sqrt(2 * layers);
    return {
      norms: [norm(), norm()],
      queriesKeysValues: normal(first, [width, 3 * width], fanIn),
      mix: normal(second, [width, width], small),
      up: normal(third, [width, 4 * width], fanIn),
      down: normal(fourth, [4 * width, width], small / 2),
    };
  };
  return {
    characters: normal(forCharacters, [vocabulary, width]),
    places: normal(forPlaces, [context, width]),
    blocks: random.splitKeys(forBlocks, layers).map(block),
    norm: norm(),
    out: normal(forOut, [width, vocabulary]),
  };
}

function attend(x: NDArray, { queriesKeysValues, mix }: Block): NDArray {
  const [batch, length, width] = x.shape;
  const heads = np.split(x.matmul(queriesKeysValues), 3, 2).map((y) => y.reshape([batch, length, width / HEAD, HEAD]));
  return nn.dotProductAttention(heads[0], heads[1], heads[2], { isCausal: true }).reshape([batch, length, width]).matmul(mix);
}

/** Ids `[batch, length]`, no longer than the context, to logits `[batch, length, vocabulary]`. */
export function logits({ characters, places, blocks, norm, out }: Params, ids: NDArray): NDArray {
  const start = nn.embed(characters, ids).add(places.at(np.slice(0, ids.shape[1])).get());
  const stream = blocks.reduce((x, block) => {
    const seen = x.add(attend(nn.layerNorm(x, block.norms[0]), block));
    return seen.add(nn.gelu(nn.layerNorm(seen, block.norms[1]).matmul(block.up)).matmul(block.down));
  }, start);
  return nn.layerNorm(stream, norm).matmul(out);
}

/**
 * `length` ids drawn one after another, each from softmax(logits / temperature) given those before it in the context; the first follows
 * `first`. The window is filled from the left, and moves on when it is full.
 */
export function sample(params: Params, key: NDArray, temperature: NDArray, first: number, length: number): NDArray {
  const context = params.places.shape[0];
  type Writing = { readonly window: NDArray; readonly count: NDArray };
  const write = ({ window, count }: Writing, i: NDArray): [Writing, NDArray] => {
    const following = logits(params, np.expandDims(window, 0)).at(0, count.sub(1)).get();
    const next = random.categorical(random.foldIn(key, i), following.div(temperature));
    const moved = np.where(count.less(context), window, np.roll(window, -1));
    return [{ window: moved.at(np.minimum(count, context - 1)).set(next), count: np.minimum(count.add(1), context) }, next];
  };
  const window = np.full([context], first, { dtype: "int32" });
  return lax.scan(write, { window, count: np.array(1, { dtype: "int32" }) }, np.arange(length, { dtype: "int32" }))[1];
}
