// Runs one process and reads the last line that it prints, as data. A process that fails gives its last words.

import { spawn } from "node:child_process";

export interface Answer {
  readonly json: unknown;
  /** Why there is nothing. */
  readonly failed?: string;
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

/** What of an error's output says what went wrong. */
const reasonOf = (text: string): string => (/^\S*(?:Error|Exception)\b.*$/m.exec(text)?.[0] ?? lastLine(text)).slice(0, 160);

export function ask(command: string, words: readonly string[], env: NodeJS.ProcessEnv, seconds: number): Promise<Answer> {
  return new Promise((done) => {
    const start = performance.now();
    const child = spawn(command, words, { env, stdio: ["ignore", "pipe", "pipe"], timeout: seconds * 1000, killSignal: "SIGKILL" });
    const text = { out: "", err: "" };
    child.stdout.on("data", (chunk: Buffer) => (text.out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (text.err += chunk.toString()));
    child.on("error", (error) => done({ json: undefined, failed: error.message }));
    child.on("close", (code, signal) => {
      if (signal !== null)
        return done({ json: undefined, failed: `stopped by ${signal} after ${((performance.now() - start) / 1000).toFixed(0)} s` });
      if (code !== 0) return done({ json: undefined, failed: reasonOf(text.err) });
      try {
        return done({ json: JSON.parse(lastLine(text.out)) });
      } catch {
        return done({ json: undefined, failed: `no figures: ${lastLine(text.out).slice(0, 120)}` });
      }
    });
  });
}
