// Tagged errors. Each says: the operation, what was expected, what came, what to do, and the user's line.
// Programmer mistakes throw one of these; outside data (files, command lines) gives the same classes inside an `Either`.

import { currentSource, userLine } from "./source.js";

export interface ErrorParts {
  /** The operation, by the name the user called. */
  readonly op: string;
  readonly expected: string;
  readonly received: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The user's line may lie below many frames of nested transforms; errors are rare, so all are looked at. */
const FRAMES = 500;
const SHOWN = 40;

/** Base of every error that cotangent throws; `tag` tells the kind apart without `instanceof`. */
export abstract class CotangentError extends Error {
  /** Whether the message ends with the user's line; errors about outside data have none to blame. */
  static readonly locates: boolean = true;
  abstract readonly tag: string;
  readonly op: string;
  readonly expected: string;
  readonly received: string;
  readonly remedy: string;
  /** The user's `file:line:column`, where the stack shows one. */
  readonly at: string | undefined;

  constructor(parts: ErrorParts) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = FRAMES;
    super();
    Error.stackTraceLimit = limit;
    this.op = parts.op;
    this.expected = parts.expected;
    this.received = parts.received;
    this.remedy = parts.remedy;
    this.at = new.target.locates ? (currentSource()?.line ?? userLine(this.stack)) : undefined;
    const where = this.at === undefined ? "" : `\n  at: ${this.at}`;
    const message = `${parts.op}: expected ${parts.expected}, got ${parts.received}.\n  ${parts.remedy}.${where}`;
    Object.defineProperty(this, "message", { value: message, configurable: true, writable: true, enumerable: false });
    // The header of the stack was formatted before the message was known.
    const frames = (this.stack ?? "").split("\n").slice(1, 1 + SHOWN);
    this.stack = [`${this.constructor.name}: ${message}`, ...frames].join("\n");
  }

  override get name(): string {
    return this.constructor.name;
  }
}

/** Shapes, axes or sizes that do not fit the operation. */
export class ShapeError extends CotangentError {
  readonly tag = "shape";
}

/** Element types that do not fit the operation. */
export class DTypeError extends CotangentError {
  readonly tag = "dtype";
}

/** A value of the wrong kind: a string where an array is needed, a tracer where a number is. */
export class TypeMismatchError extends CotangentError {
  readonly tag = "type";
}

/** A traced value was asked for its number, or used as one (`x * 2`, `if (x)`), while only its shape is known. */
export class ConcretizationError extends CotangentError {
  readonly tag = "concretization";
}

/** A tracer was used after the transform that made it had ended. */
export class LeakedTracerError extends CotangentError {
  readonly tag = "leaked-tracer";
}

/** Trees that must match differ, or a leaf is not an array. */
export class TreeError extends CotangentError {
  readonly tag = "tree";
}

/** An index outside of its axis. */
export class IndexError extends CotangentError {
  readonly tag = "index";
}

/** An option that does not exist, or an option's value that makes no sense. */
export class OptionError extends CotangentError {
  readonly tag = "option";
}

/** A derivative was asked for where none exists; the message says why. */
export class NotDifferentiableError extends CotangentError {
  readonly tag = "not-differentiable";
  /** The custom function whose JVP rule computed what has no derivative, if one did. @internal */
  readonly rule: string | undefined = currentSource()?.rule;
}

/** A NaN appeared while `debugNans` was on. */
export class NanError extends CotangentError {
  readonly tag = "nan";
}

/** A function that must be pure gave another program the second time it was traced. */
export class SideEffectError extends CotangentError {
  readonly tag = "side-effect";
}

/** What a custom rule returned does not fit the function that it belongs to. */
export class CustomRuleError extends CotangentError {
  readonly tag = "custom-rule";
}

/** An array was used after it had been donated to a jitted call. */
export class DonatedError extends CotangentError {
  readonly tag = "donated";
}

/** The JavaScript engine refused a compiled program. */
export class CompilationError extends CotangentError {
  readonly tag = "compilation";
}

/** A worker thread did not do its share. */
export class WorkerError extends CotangentError {
  readonly tag = "worker";
}

/** A package that a function needs, and that is installed by those who use it, is not there. */
export class MissingPackageError extends CotangentError {
  readonly tag = "missing-package";
}

/** There is no room for a result. */
export class MemoryError extends CotangentError {
  readonly tag = "memory";
}

/** Data from outside (a file, a header) is not what it should be. */
export class DataError extends CotangentError {
  static override readonly locates: boolean = false;
  readonly tag = "data";
}

/** A jaxpr breaks its own grammar: a fault of the library, not of its user. */
export class JaxprError extends CotangentError {
  readonly tag = "jaxpr";
}
