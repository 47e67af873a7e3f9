// The document printer: groups on one line where they fit, one line a break where they do not.

import { describe, expect, test } from "vitest";
import { type Doc, brk, concat, group, join, nest, render, text } from "../../src/core/pretty.js";

const words = (...names: string[]): Doc => join(brk("; "), names.map(text));

describe("groups", () => {
  test("fit to the last column, and not one more", () => {
    const doc = group(words("aaaa", "bbbb"));
    expect(render(doc, 10)).toBe("aaaa; bbbb");
    expect(render(doc, 9)).toBe("aaaa\nbbbb");
  });

  test("what follows on the same line counts", () => {
    const doc = concat(group(words("aaaa", "bbbb")), text("!"));
    expect(render(doc, 11)).toBe("aaaa; bbbb!");
    expect(render(doc, 10)).toBe("aaaa\nbbbb!");
  });

  test("an inner group may stay flat when the outer one breaks", () => {
    const inner = group(concat(text("("), nest(2, concat(brk(""), words("x", "y"))), brk(""), text(")")));
    const outer = group(concat(text("begin"), nest(2, concat(brk(), inner)), brk(), text("end")));
    expect(render(outer, 40)).toBe("begin (x; y) end");
    expect(render(outer, 12)).toBe("begin\n  (x; y)\nend");
    expect(render(outer, 7)).toBe("begin\n  (\n    x\n    y)\nend".replace("y)", "y\n  )"));
  });

  test("breaks outside of any group are lines", () => {
    expect(render(concat(text("a"), brk(), text("b")))).toBe("a\nb");
  });

  test("a long document takes no stack", () => {
    const doc = group(words(...Array.from({ length: 20_000 }, (_, i) => `word${i}`)));
    expect(render(doc).split("\n")).toHaveLength(20_000);
    let deep: Doc = text("x");
    for (let i = 0; i < 20_000; i++) deep = group(nest(0, deep));
    expect(render(deep)).toBe("x");
  });
});
