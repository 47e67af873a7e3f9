// The part of the WebAssembly JavaScript interface that Node and browsers share, declared here because the project
// compiles without lib.dom, whose globals (`name`, `event`, `length`, …) would hide misspelt variables.
// Not shipped: no type below may appear in the public interface.

declare namespace WebAssembly {
  type ValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "externref" | "anyfunc";
  type ExportValue = Function | Global | Memory | Table;
  type ImportValue = ExportValue | number | bigint;
  type Imports = Record<string, Record<string, ImportValue>>;
  type Exports = Record<string, ExportValue>;
  type Source = ArrayBufferView | ArrayBuffer;

  class Module {
    constructor(bytes: Source);
    private readonly brand: "Module";
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    /** Adds pages of 64 KiB; returns the number of pages before. */
    grow(pages: number): number;
  }

  class Table {
    constructor(descriptor: { element: "anyfunc" | "externref"; initial: number; maximum?: number });
    readonly length: number;
    get(index: number): Function | null;
    set(index: number, value: Function | null): void;
    grow(by: number): number;
  }

  class Global {
    constructor(descriptor: { value: ValueType; mutable?: boolean }, value?: number | bigint);
    value: number | bigint;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  function validate(bytes: Source): boolean;
  function compile(bytes: Source): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
}
