// Trees: any nesting of arrays, lists, plain records and registered classes, which every transform accepts where an array goes.
// The functions here take them apart, put them together and compare them.

export { type Flattened, type FlattenOptions, type FreeFlattenOptions } from "./flatten.js";
export { treeFlatten, treeLeaves, treeLeavesWithPath, treeStructure, treeUnflatten } from "./flatten.js";
export { type Path, showPath } from "./paths.js";
export { type Children, type NodeDefinition, registerNode } from "./register.js";
export { TreeStructure } from "./structure.js";
export type { ArrayLikes, Arrays, Leaf, Mapped } from "./types.js";
export { type Difference, checkSameStructure, differences } from "./compare.js";
export { type LeavesOf, treeAll, treeMap, treeMapArrays, treeMapWithPath, treeReduce } from "./map.js";
export { type PrefixOptions, broadcastPrefix } from "./prefix.js";
export { composeStructures, treeTranspose } from "./transpose.js";
