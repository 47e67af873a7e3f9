// Reading and writing arrays of other programs' file formats. Outside data comes in as an `Either`, never as a throw.
// What parses and encodes bytes works everywhere; what reads and writes files imports Node's modules when it is called.

import "../install.js";

export { encodeIdx, parseIdx, readIdx, type IdxArray } from "./idx.js";
export { encodeNpy, parseNpy, readNpy, writeNpy } from "./npy.js";
export { encodeNpz, type NpzWriteOptions, parseNpz, readNpz, writeNpz } from "./npz.js";
export type { ParseOptions, ReadOptions } from "./options.js";
export {
  encodeSafetensors,
  type NamedArrays,
  parseSafetensors,
  readSafetensors,
  type Safetensors,
  type SafetensorsWriteOptions,
  writeSafetensors,
} from "./safetensors.js";
export {
  encodeTree,
  type FromArraysOptions,
  loadTree,
  type LoadTreeOptions,
  parseTree,
  type ParseTreeOptions,
  saveTree,
  treeFromArrays,
  treeToArrays,
} from "./trees.js";
