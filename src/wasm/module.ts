// Modules as bytes: functions over one imported memory. Emission is in the order of execution, stack style: operands
// first, then the instruction.

import { Bytes } from "./bytes.js";
import {
  type Access,
  type Atomic,
  type LaneAccess,
  type LaneOp,
  type Op,
  accesses,
  atomics,
  laneAccesses,
  lanes,
  opcodes,
} from "./opcodes.js";

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const EMPTY_BLOCK = 0x40;

/** Index of a parameter or local variable of a function. */
export type Local = number;

/** The body of one function. Methods return the body, so that short sequences read in a line. */
export class Code {
  #out = new Bytes();
  readonly #start = new Bytes();
  readonly #locals: ValueType[] = [];

  constructor(
    readonly params: readonly ValueType[],
    readonly results: readonly ValueType[],
  ) {}

  /** A new local variable, zero at the start. */
  local(type: ValueType): Local {
    this.#locals.push(type);
    return this.params.length + this.#locals.length - 1;
  }

  /** Emits at the start of the function, once a call: for what loops need and never change. */
  atStart(emit: () => void): this {
    const body = this.#out;
    this.#out = this.#start;
    emit();
    this.#out = body;
    return this;
  }

  #opcode(code: number): void {
    if (code < 0x100) return this.#out.byte(code);
    this.#out.byte(code >= 0xfd00 ? 0xfd : 0xfc);
    this.#out.unsigned(code >= 0xfd00 ? code - 0xfd00 : code - 0xfc00);
  }

  /** Instructions without immediates. */
  op(...names: readonly Op[]): this {
    for (const name of names) this.#opcode(opcodes[name]);
    return this;
  }

  get(local: Local): this {
    this.#out.byte(0x20);
    this.#out.unsigned(local);
    return this;
  }

  set(local: Local): this {
    this.#out.byte(0x21);
    this.#out.unsigned(local);
    return this;
  }

  tee(local: Local): this {
    this.#out.byte(0x22);
    this.#out.unsigned(local);
    return this;
  }

  i32(value: number): this {
    this.#out.byte(0x41);
    this.#out.signed(value);
    return this;
  }

  f32(value: number): this {
    this.#out.byte(0x43);
    this.#out.f32(value);
    return this;
  }

  f64(value: number): this {
    this.#out.byte(0x44);
    this.#out.f64(value);
    return this;
  }

  /** A vector constant, 16 bytes. */
  v128(bytes: Uint8Array): this {
    this.#opcode(0xfd0c);
    this.#out.bytes(bytes);
    return this;
  }

  /** A load or store at the address on the stack plus `offset`; alignment is a hint, bytes by default. */
  memory(name: Access, offset = 0): this {
    const [code, size] = accesses[name];
    this.#opcode(code);
    this.#out.unsigned(Math.log2(size));
    this.#out.unsigned(offset);
    return this;
  }

  /** Loads or stores one lane of a vector at the address on the stack plus `offset`. */
  memoryLane(name: LaneAccess, index: number, offset = 0): this {
    const [code, size] = laneAccesses[name];
    this.#opcode(code);
    this.#out.unsigned(Math.log2(size));
    this.#out.unsigned(offset);
    this.#out.byte(index);
    return this;
  }

  /** An atomic access of the 32-bit word at the address on the stack plus `offset`. */
  atomic(name: Atomic, offset = 0): this {
    this.#out.byte(0xfe);
    this.#out.byte(atomics[name]);
    this.#out.unsigned(2);
    this.#out.unsigned(offset);
    return this;
  }

  /** Reads or writes one lane of a vector. */
  lane(name: LaneOp, index: number): this {
    this.#opcode(lanes[name][0]);
    this.#out.byte(index);
    return this;
  }

  /** 16 bytes chosen of the two vectors on the stack, by byte index 0 … 31. */
  shuffle(bytes: readonly number[]): this {
    this.#opcode(0xfd0d);
    this.#out.bytes(bytes);
    return this;
  }

  /** Copies bytes within memory: target, source and count are on the stack. */
  copyBytes(): this {
    this.#opcode(0xfc0a);
    this.#out.bytes([0, 0]);
    return this;
  }

  call(functionIndex: number): this {
    this.#out.byte(0x10);
    this.#out.unsigned(functionIndex);
    return this;
  }

  #nested(opcode: number, result: ValueType | undefined, body: () => void): this {
    this.#out.byte(opcode);
    this.#out.byte(result === undefined ? EMPTY_BLOCK : typeCodes[result]);
    body();
    this.#out.byte(0x0b);
    return this;
  }

  /** `block … end`: a branch to it leaves it. */
  block(body: () => void): this {
    return this.#nested(0x02, undefined, body);
  }

  /** `loop … end`: a branch to it starts it again. */
  loop(body: () => void): this {
    return this.#nested(0x03, undefined, body);
  }

  /** Runs `then` if the i32 on the stack is not zero, else `otherwise`. */
  if(then: () => void, otherwise?: () => void, result?: ValueType): this {
    return this.#nested(0x04, result, () => {
      then();
      if (otherwise === undefined) return;
      this.#out.byte(0x05);
      otherwise();
    });
  }

  /** Leaves the block, or repeats the loop, `depth` levels out. */
  branch(depth: number): this {
    this.#out.byte(0x0c);
    this.#out.unsigned(depth);
    return this;
  }

  branchIf(depth: number): this {
    this.#out.byte(0x0d);
    this.#out.unsigned(depth);
    return this;
  }

  /** Repeats `body` as long as `condition` leaves a non-zero i32; tests before the first turn. */
  while(condition: () => void, body: () => void): this {
    return this.block(() => {
      this.loop(() => {
        condition();
        this.op("i32.eqz").branchIf(1);
        body();
        this.branch(0);
      });
    });
  }

  /** Repeats `body` at least once, as long as `condition` leaves a non-zero i32. */
  doWhile(body: () => void, condition: () => void): this {
    return this.loop(() => {
      body();
      condition();
      this.branchIf(0);
    });
  }

  /** The function as the code section holds it. @internal */
  encode(): Uint8Array {
    const head = new Bytes();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last !== undefined && last.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    head.unsigned(runs.length);
    for (const { type, count } of runs) {
      head.unsigned(count);
      head.byte(typeCodes[type]);
    }
    const whole = new Bytes();
    whole.unsigned(head.length + this.#start.length + this.#out.length + 1);
    whole.bytes(head.view);
    whole.bytes(this.#start.view);
    whole.bytes(this.#out.view);
    whole.byte(0x0b);
    return whole.view.slice();
  }
}

/** The memory that a module imports, in pages of 64 KiB. */
export interface MemoryLimits {
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
}

interface Declared {
  readonly exportAs: string | undefined;
  readonly type: number;
  readonly code: Code;
}

/** Builds a module that imports `env.memory` and exports functions. */
export class ModuleBuilder {
  readonly #types = new Map<string, number>();
  readonly #typeBytes: Bytes[] = [];
  readonly #functions: Declared[] = [];

  readonly #imports: { readonly name: string; readonly type: number }[] = [];

  constructor(readonly memory: MemoryLimits) {}

  /** Imports `env.name`; all imports come before the first function. Returns its index, for calls. */
  importFunction(name: string, params: readonly ValueType[], results: readonly ValueType[]): number {
    this.#imports.push({ name, type: this.#type(params, results) });
    return this.#imports.length - 1;
  }

  #type(params: readonly ValueType[], results: readonly ValueType[]): number {
    const key = `${params.join()}|${results.join()}`;
    const found = this.#types.get(key);
    if (found !== undefined) return found;
    const bytes = new Bytes();
    bytes.byte(0x60);
    for (const list of [params, results]) {
      bytes.unsigned(list.length);
      for (const type of list) bytes.byte(typeCodes[type]);
    }
    this.#typeBytes.push(bytes);
    this.#types.set(key, this.#types.size);
    return this.#types.size - 1;
  }

  /** Adds a function, exported under a name if one is given; `body` emits it. Returns its index, for calls. */
  function(exportAs: string | undefined, params: readonly ValueType[], results: readonly ValueType[], body: (code: Code) => void): number {
    const code = new Code(params, results);
    this.#functions.push({ exportAs, type: this.#type(params, results), code });
    const index = this.#imports.length + this.#functions.length - 1;
    body(code);
    return index;
  }

  /** The module in the binary format. */
  build(): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    section(out, 1, this.#typeBytes, (bytes, into) => into.bytes(bytes.view));
    section(out, 2, [this.memory, ...this.#imports], (item, into) => {
      into.name("env");
      if ("shared" in item) {
        into.name("memory");
        into.bytes([0x02, item.shared ? 0x03 : 0x01]);
        into.unsigned(item.initial);
        into.unsigned(item.maximum);
      } else {
        into.name(item.name);
        into.byte(0x00);
        into.unsigned(item.type);
      }
    });
    section(out, 3, this.#functions, ({ type }, into) => into.unsigned(type));
    const exported = this.#functions.flatMap(({ exportAs }, i) =>
      exportAs === undefined ? [] : [{ exportAs, index: this.#imports.length + i }],
    );
    section(out, 7, exported, ({ exportAs, index }, into) => {
      into.name(exportAs);
      into.byte(0x00);
      into.unsigned(index);
    });
    section(out, 10, this.#functions, ({ code }, into) => into.bytes(code.encode()));
    return out.view.slice();
  }
}

function section<T>(out: Bytes, id: number, items: readonly T[], write: (item: T, into: Bytes) => void): void {
  const body = new Bytes();
  body.unsigned(items.length);
  for (const item of items) write(item, body);
  out.byte(id);
  out.unsigned(body.length);
  out.bytes(body.view);
}
