// Paths into a tree, and their text. A path is the list of indices (numbers) and keys (strings) from the root down;
// it is printed as the JavaScript access that reads the place: `.layers[2].bias`.

/** Indices and keys from the root of a tree down to one place in it. */
export type Path = readonly (string | number)[];

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** One step of a path as JavaScript access. */
export function showStep(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return identifier.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/**
 * A path as JavaScript access, after the name of the tree if one is given.
 *
 * @example showPath(["layers", 2, "bias"]) // ".layers[2].bias"; showPath([]) is "(root)"
 */
export function showPath(path: Path, label = ""): string {
  if (path.length === 0) return label === "" ? "(root)" : label;
  return label + path.map(showStep).join("");
}
