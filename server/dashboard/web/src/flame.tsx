// One step as a flame: what lies below happened within what lies above.
import { useEffect, useState } from "preact/hooks";
import type { Slice, Step } from "./api";
import { duration, percent, plural } from "./format";
import { useWidth } from "./hooks";
import { PARTS, type Theme } from "./palette";

const ROW = 22;
const DEPTHS = 4;
const WORDS: Record<string, string> = {
  norm_quantize: "norm",
  ff_norm_quantize: "norm",
  rope_cache: "rope, cache",
  attention_output: "output",
  gate_up: "gate, up",
};

// `onHold`: somebody is inside it, so that the next step must not take its place.
export function Flame({ step, theme, onHold }: { step: Step | null; theme: Theme; onHold: () => void }) {
  const [box, width] = useWidth<HTMLDivElement>();
  const [zoom, setZoom] = useState<{ start: number; ns: number } | null>(null);
  const [over, setOver] = useState<Slice | null>(null);
  useEffect(() => setZoom(null), [step?.number]);
  if (!step) {
    return (
      <figure class="flame" ref={box as never}>
        <p class="waiting">The newest step appears here.</p>
      </figure>
    );
  }
  const view = zoom ?? { start: 0, ns: step.total_ns };
  const x = (ns: number) => ((ns - view.start) / view.ns) * width;
  const within = step.slices.filter((s) => s.start_ns < view.start + view.ns && s.start_ns + s.ns > view.start);
  const name = (s: Slice) => WORDS[s.name] ?? s.name;
  const into = (s: Slice) => setZoom(s.depth === 0 ? null : { start: s.start_ns, ns: s.ns });
  const reading = over ?? step.slices[0]!;
  return (
    <figure
      class="flame"
      onKeyDown={(event) => {
        if (event.key === "Escape") setZoom(null);
      }}
    >
      <div ref={box}>
        <svg width={width} height={DEPTHS * ROW} role="group" aria-label={`Step ${step.number}, ${duration(step.total_ns)}`}>
          {within.map((s) => {
            const left = Math.max(0, x(s.start_ns));
            const right = Math.min(width, x(s.start_ns + s.ns));
            const wide = right - left;
            // What is too narrow to be hit is not reached by the keyboard either: zoom in.
            const reachable = wide >= 24;
            return (
              <g
                key={`${s.depth} ${s.start_ns} ${s.name}`}
                role={reachable ? "button" : undefined}
                tabindex={reachable ? 0 : undefined}
                aria-label={reachable ? `${name(s)}, ${duration(s.ns)}` : undefined}
                onClick={() => into(s)}
                onKeyDown={(event) => event.key === "Enter" && into(s)}
                onMouseEnter={() => setOver(s)}
                onMouseLeave={() => setOver(null)}
                onFocus={reachable ? () => (setOver(s), onHold()) : undefined}
              >
                <rect x={left} y={s.depth * ROW} width={Math.max(0.5, wide - (wide > 3 ? 1 : 0))} height={ROW - 1} fill={PARTS[theme][s.part]} />
                {wide > 34 && (
                  <text x={left + 5} y={s.depth * ROW + ROW / 2} data-part={s.part}>
                    {name(s).slice(0, Math.floor((wide - 8) / 6.4))}
                  </text>
                )}
              </g>
            );
          })}
        </svg>
      </div>
      <figcaption>
        <span>
          <strong>{name(reading)}</strong> {duration(reading.ns)}, {percent(reading.ns / step.total_ns)} of the step ·{" "}
          {plural(step.sequences, "sequence")}, {plural(step.rows, "row")}
          {step.prompt_rows > 0 && ` (${step.prompt_rows} of prompts)`}
          {step.drafts > 0 && ` (${step.drafts} guessed)`}
        </span>
        <span class="space" />
        {zoom && (
          <button class="quiet" onClick={() => setZoom(null)}>
            Whole step
          </button>
        )}
        <span class="key">
          {(["attention", "mlp", "norm", "head", "sample"] as const).map((part) => (
            <>
              <i style={{ background: PARTS[theme][part] }} /> {part === "mlp" ? "MLP" : part === "sample" ? "sampling" : part}{" "}
            </>
          ))}
        </span>
      </figcaption>
    </figure>
  );
}
