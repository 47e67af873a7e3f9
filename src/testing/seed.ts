// What a failure is replayed from: COTANGENT_SEED (and for fast-check's shrinking COTANGENT_PATH) of the environment, where
// there is one.

/** The text of a variable of the environment, if it is set; browsers have none. */
function variable(name: string): string | undefined {
  const text = globalThis.process?.env?.[name];
  return text === undefined || text === "" ? undefined : text;
}

/** The seed that COTANGENT_SEED asks for. */
export function environmentSeed(): number | undefined {
  const text = variable("COTANGENT_SEED");
  const seed = Number(text);
  return text === undefined || !Number.isInteger(seed) ? undefined : seed;
}

/** The path of shrinking that COTANGENT_PATH asks for. */
export const environmentPath = (): string | undefined => variable("COTANGENT_PATH");
