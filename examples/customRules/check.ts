// What an example claims is checked: a claim that fails ends the program with an error.

/** Throws unless the claim holds. */
export function check(claim: string, holds: boolean): void {
  if (!holds) throw new Error(`the claim fails: ${claim}`);
  console.log(`ok: ${claim}`);
}
