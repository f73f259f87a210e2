// The little of Markdown that answers of small models use: fences, lists, bold and code. Text goes
// in as text, never as HTML.
import type { ComponentChildren, JSX } from "preact";

function inline(text: string): ComponentChildren {
  return text.split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/).map((piece) => {
    if (piece.length > 2 && piece.startsWith("`") && piece.endsWith("`")) return <code>{piece.slice(1, -1)}</code>;
    if (piece.length > 4 && piece.startsWith("**") && piece.endsWith("**")) return <strong>{piece.slice(2, -2)}</strong>;
    return piece;
  });
}

function blocks(text: string): JSX.Element[] {
  return text
    .split(/\n{2,}/)
    .filter((block) => block.trim())
    .map((block) => {
      const lines = block.trim().split("\n");
      const item = /^\s*(?:[-*]|\d+[.)])\s+/;
      if (lines.length > 0 && lines.every((line) => item.test(line))) {
        const items = lines.map((line) => <li>{inline(line.replace(item, ""))}</li>);
        return /^\s*\d/.test(lines[0]!) ? <ol>{items}</ol> : <ul>{items}</ul>;
      }
      const heading = /^#{1,6}\s+(.*)$/.exec(lines[0]!);
      if (heading && lines.length === 1) return <p class="heading">{inline(heading[1]!)}</p>;
      return <p>{lines.flatMap((line, i) => (i ? [<br />, inline(line)] : [inline(line)]))}</p>;
    });
}

export function Markdown({ text }: { text: string }) {
  // Odd pieces are fenced; the last fence may still be open.
  const pieces = text.split(/^```[^\n]*\n?/m);
  return (
    <div class="markdown">
      {pieces.map((piece, i) => (i % 2 ? <pre>{piece.replace(/\n$/, "")}</pre> : blocks(piece)))}
    </div>
  );
}
