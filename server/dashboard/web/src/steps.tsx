// The last steps as bars, to choose one from.
import { useEffect, useRef } from "preact/hooks";
import { duration, plural } from "./format";
import { useWidth } from "./hooks";
import { PARTS, type Theme } from "./palette";

const BAR = 5;
const HEIGHT = 46;
const NUMBER = 0;
const TOTAL = 2;
const ROWS = 3;
const PROMPT = 4;

interface Props {
  steps: number[][];
  shown: number;
  following: boolean;
  theme: Theme;
  onPick: (number: number | null) => void;
}

export function StepStrip({ steps, shown, following, theme, onPick }: Props) {
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const visible = steps.slice(-Math.max(1, Math.floor(width / BAR)));
  const index = visible.findIndex((step) => step[NUMBER] === shown);

  useEffect(() => {
    const element = canvas.current;
    if (!element || width === 0) return;
    const ratio = devicePixelRatio || 1;
    element.width = width * ratio;
    element.height = HEIGHT * ratio;
    const c = element.getContext("2d")!;
    c.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    const longest = Math.max(...visible.map((step) => step[TOTAL]!), 1);
    visible.forEach((step, i) => {
      // A step of a prompt may take a hundred times as long as one token: by the square root.
      const height = Math.max(2, Math.sqrt(step[TOTAL]! / longest) * (HEIGHT - 4));
      c.fillStyle = i === index ? style.getPropertyValue("--ink").trim() : PARTS[theme][step[PROMPT]! > 0 ? "mlp" : "attention"];
      c.fillRect(i * BAR, HEIGHT - height, BAR - 1, height);
    });
  }, [width, steps, shown, theme]);

  const pickAt = (i: number) => {
    const step = visible[Math.max(0, Math.min(visible.length - 1, i))];
    if (step) onPick(step[NUMBER]!);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") onPick(null);
    if (move === undefined) return;
    event.preventDefault();
    pickAt((index < 0 ? visible.length : index) + move);
  };
  const step = visible[index];
  return (
    <div class="steps">
      <div class="toolbar">
        <h2>One step</h2>
        <span class="muted">
          {step ? `number ${step[NUMBER]} · ${duration(step[TOTAL]!)} · ${plural(step[ROWS]!, "row")}` : "a token of each running answer, or a piece of a prompt"}
        </span>
        <span class="space" />
        <span class="key">
          <i style={{ background: PARTS[theme].attention }} /> decode <i style={{ background: PARTS[theme].mlp }} /> with a prompt
        </span>
        <button class="quiet" disabled={following} onClick={() => onPick(null)}>
          Follow
        </button>
      </div>
      <div ref={box}>
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label={`Times of the last ${plural(visible.length, "step")}. Left and right choose one, Escape follows the newest.`}
          style={{ width: `${width}px`, height: `${HEIGHT}px` }}
          onKeyDown={onKeyDown}
          onClick={(event) => pickAt(Math.floor((event.clientX - canvas.current!.getBoundingClientRect().left) / BAR))}
        />
      </div>
    </div>
  );
}
