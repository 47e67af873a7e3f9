// npm run test:reference -- [folder]: compares the library with the reference values of a folder, prints how many of each
// file passed, failed and are not covered, and exits with 1 on a failure. The folder is `../shared/reference` beside the
// project unless given; what is given may be relative to where the command is run.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { runFolder } from "./harness.js";
import { MalformedReference } from "./parse.js";
import { failed, report } from "./report.js";
import { defaultFolder, suites } from "./suites.js";

const given = process.argv.slice(2);
if (given.length > 1) throw new Error(`expected one folder at most, got ${given.join(" ")}`);
const folder = given.length === 0 ? defaultFolder : resolve(process.env["INIT_CWD"] ?? process.cwd(), given[0]);

function run(): number {
  if (!existsSync(folder)) {
    console.error(`There is no folder ${folder}: pass the folder with the reference values.`);
    return 1;
  }
  try {
    const files = runFolder(suites, folder);
    if (files.every(({ results }) => results === undefined)) {
      console.error(`${folder} holds none of the reference files (${suites.map(({ file }) => file).join(", ")}).`);
      return 1;
    }
    console.log(report(folder, files));
    return failed(files) === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof MalformedReference)) throw error;
    console.error(`A reference file is not as it should be. ${error.message}`);
    return 1;
  }
}

process.exitCode = run();
