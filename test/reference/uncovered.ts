// Files whose cases are read, and counted as not covered until the part of the library that they are about is there.

import { type Suite, labelOf, notCovered } from "./harness.js";
import { list, object, string } from "./parse.js";

/** A file that is a list of cases (or several lists by name), each with a name under `key` and attributes. */
export const uncoveredSuite = (file: string, key: string | Readonly<Record<string, string>>, why: string): Suite => ({
  file,
  comparison: "not compared yet",
  cases: (data) => {
    const lists: [string, unknown, string][] =
      typeof key === "string" ? [["", data, key]] : Object.entries(key).map(([name, k]) => [`${name} `, object(data, file)[name], k]);
    return lists.flatMap(([prefix, cases, nameKey]) =>
      list(cases, `${file} ${prefix}`.trim()).map((x, i) => {
        const where = `${file} ${prefix}[${i}]`;
        const given = object(x, where);
        const name = string(given[nameKey], `${where}.${nameKey}`);
        return {
          label: prefix + labelOf(name, object(given["attrs"], `${where}.attrs`)),
          group: prefix + name,
          run: () => notCovered(why),
        };
      }),
    );
  },
});
