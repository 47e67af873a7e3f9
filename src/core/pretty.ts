// A small document printer (after Wadler, "A prettier printer"): groups stand on one line where they fit, else each of
// their breaks becomes a line. Breaks may show text when flat ("; " between equations).

export type Doc =
  | { readonly tag: "text"; readonly text: string }
  | { readonly tag: "break"; readonly flat: string }
  | { readonly tag: "concat"; readonly parts: readonly Doc[] }
  | { readonly tag: "nest"; readonly by: number; readonly body: Doc }
  | { readonly tag: "group"; readonly body: Doc };

export const text = (s: string): Doc => ({ tag: "text", text: s });
export const brk = (flat = " "): Doc => ({ tag: "break", flat });
export const concat = (...parts: readonly Doc[]): Doc => ({ tag: "concat", parts });
export const nest = (by: number, body: Doc): Doc => ({ tag: "nest", by, body });
export const group = (body: Doc): Doc => ({ tag: "group", body });

/** `docs` with `separator` between them. */
export const join = (separator: Doc, docs: readonly Doc[]): Doc =>
  concat(...docs.flatMap((doc, i) => (i === 0 ? [doc] : [separator, doc])));

interface Piece {
  readonly indent: number;
  readonly flat: boolean;
  readonly doc: Doc;
}

/** The text of a document, lines up to `width` where its breaks allow. */
export function render(doc: Doc, width = 80): string {
  const out: string[] = [];
  let column = 0;
  const stack: Piece[] = [{ indent: 0, flat: false, doc }];
  for (let piece = stack.pop(); piece !== undefined; piece = stack.pop()) {
    const { indent, flat, doc: d } = piece;
    switch (d.tag) {
      case "text":
        out.push(d.text);
        column += d.text.length;
        break;
      case "break":
        out.push(flat ? d.flat : `\n${" ".repeat(indent)}`);
        column = flat ? column + d.flat.length : indent;
        break;
      case "concat":
        for (let i = d.parts.length - 1; i >= 0; i--) stack.push({ indent, flat, doc: d.parts[i] });
        break;
      case "nest":
        stack.push({ indent: indent + d.by, flat, doc: d.body });
        break;
      case "group":
        stack.push({ indent, flat: flat || fits(d.body, width - column, stack), doc: d.body });
        break;
      default:
        d satisfies never;
    }
  }
  return out.join("");
}

/** Whether `doc`, flat, and what follows it up to the next possible line break fit into `room` columns. */
function fits(doc: Doc, room: number, rest: readonly Piece[]): boolean {
  let left = room;
  const stack: { flat: boolean; doc: Doc }[] = [{ flat: true, doc }];
  let below = rest.length;
  while (left >= 0) {
    const piece = stack.pop() ?? (below > 0 ? rest[--below] : undefined);
    if (piece === undefined) return true;
    const d = piece.doc;
    if (d.tag === "text") left -= d.text.length;
    else if (d.tag === "break") {
      if (!piece.flat) return true;
      left -= d.flat.length;
    } else if (d.tag === "concat") for (let i = d.parts.length - 1; i >= 0; i--) stack.push({ flat: piece.flat, doc: d.parts[i] });
    else stack.push({ flat: piece.flat, doc: d.body });
  }
  return false;
}
