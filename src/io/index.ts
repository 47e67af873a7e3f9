// Reading and writing arrays of other programs' file formats. Outside data comes in as an `Either`, never as a throw.

export { encodeIdx, parseIdx, readIdx, type IdxArray } from "./idx.js";
