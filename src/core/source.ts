// Where in the user's program something happened: the first stack frame that is not the library's own.
// Capturing is cheap (V8 keeps the frames, and formats them only when `.stack` is read), so every equation carries one.

/** A place in the user's program, resolved only when it is printed. */
export interface Source {
  /** `file:line:column`, or `undefined` when no frame outside of the library is on the stack. */
  readonly line: string | undefined;
  /** The user's operation whose derivative this is part of, and the pass; `undefined` where nothing is differentiated. */
  readonly derivative?: Derivation | undefined;
  /** The custom function whose JVP rule computes this: "customJvp of f". */
  readonly rule?: string | undefined;
}

/** What an equation of a derivative comes from. */
export interface Derivation {
  readonly op: string;
  readonly pass: "forward" | "backward";
}

/** Frames to look through for a place that may be far from here: where a transform was called. */
const FAR = 40;
/** Frames for an operation of the user's; each one that V8 walks costs. Where they do not reach the user's code, the surroundings do. */
const NEAR = 18;
/** `at name (place)` or `at place`. */
const FRAME = /^\s*at (?:.*? \((.+:\d+:\d+)\)|(?:async )?(.+:\d+:\d+))$/;
// This file stands in <root>/core/, or bundled in <root>/ or <root>/chunks/; with source maps on, the frames of a built
// package point into src/ beside its dist/.
const libraryRoot = import.meta.url.replace(/(core\/source\.[jt]s|(chunks\/)?[^/]*$).*$/, "");
const libraryRoots = [libraryRoot, libraryRoot.replace(/\/dist\/$/, "/src/")].flatMap((root) => [root, root.replace(/^file:\/\//, "")]);

/** Judged by the place alone: an anonymous function of the user's is called `<anonymous>` too. */
const isInternal = (place: string): boolean =>
  libraryRoots.some((root) => place.startsWith(root)) || place.startsWith("node:") || place.includes("<anonymous>");

/** The first frame of a formatted stack that lies outside of the library, as `file:line:column`. */
export function userLine(stack: string | undefined): string | undefined {
  for (const frame of (stack ?? "").split("\n")) {
    const match = FRAME.exec(frame);
    const place = match?.[1] ?? match?.[2];
    if (place !== undefined && !isInternal(place)) return place.replace(/^file:\/\//, "");
  }
  return undefined;
}

let atOnce = false;

/** Whether lines are found when they are captured: a stack kept for later keeps the arrays of its frames alive. */
export const resolveSourcesAtOnce = (on: boolean): void => void (atOnce = on);

class CapturedSource implements Source {
  #holder: { stack?: string } | undefined;
  #line: string | undefined;

  constructor(
    frames: number,
    readonly around: Source | undefined,
  ) {
    this.#holder = captureStack(frames);
    if (atOnce) this.#resolve();
  }

  get line(): string | undefined {
    this.#resolve();
    return this.#line ?? this.around?.line;
  }

  #resolve(): void {
    if (this.#holder === undefined) return;
    this.#line = userLine(this.#holder.stack);
    this.#holder = undefined;
  }
}

function captureStack(frames: number): { stack?: string } {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = frames;
  const holder = new Error();
  Error.stackTraceLimit = limit;
  return holder;
}

/** Where the user called what is running: a transform, or another function with much code of the library below it. */
let surroundings: Source | undefined;

let current: Source | undefined;

/** The source of the equation being made: the one in force (see `withSource`), else the caller's line. */
export const captureSource = (): Source => current ?? new CapturedSource(NEAR, surroundings);

/** The same, for what may be called with much code of the library in between. */
export const captureFarSource = (): Source => current ?? new CapturedSource(FAR, surroundings);

/** The source in force, if `withSource` set one. */
export const currentSource = (): Source | undefined => current;

/** The source as part of the derivative of `op`; of the innermost operation, where derivatives nest. */
export const derivedFrom = (source: Source, op: string): Source =>
  source.derivative === undefined ? new DerivedSource(source, { op, pass: "forward" }, source.rule) : source;

/** The source as part of a custom JVP rule. */
export const inRule = (source: Source, rule: string): Source => new DerivedSource(source, source.derivative, rule);

/** The source as part of the backward pass. */
export const inBackwardPass = (source: Source): Source =>
  source.derivative?.pass === "backward"
    ? source
    : new DerivedSource(source, { op: source.derivative?.op ?? "", pass: "backward" }, source.rule ?? current?.rule);

class DerivedSource implements Source {
  constructor(
    readonly of: Source,
    readonly derivative: Derivation | undefined,
    readonly rule: string | undefined,
  ) {}

  get line(): string | undefined {
    return this.of.line;
  }
}

/** Runs `body`, whose operations belong to `source` where the user's line is not near them. */
export function surroundedBy<T>(source: Source, body: () => T): T {
  const outer = surroundings;
  surroundings = source;
  try {
    return body();
  } finally {
    surroundings = outer;
  }
}

/**
 * Runs `body` with `source` as the source of every equation it makes: a derivative's equations belong to the line of the
 * operation they derive.
 */
export function withSource<T>(source: Source | undefined, body: () => T): T {
  const outer = current;
  current = source ?? outer;
  try {
    return body();
  } finally {
    current = outer;
  }
}
